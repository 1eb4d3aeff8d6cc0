-- How endpoints and databases were by hour and by day: what is left when the single checks are gone.
create table production_health_spans (
  kind text not null check (kind in ('endpoint', 'database')),
  name text collate "C" not null check (name ~ '\S'),
  environment text not null check (environment in ('development', 'staging', 'production')),
  period text not null check (period in ('hour', 'day')),
  begins_at timestamptz not null check (date_trunc(period, begins_at, 'UTC') = begins_at),
  healthy bigint not null check (healthy between 0 and 4294967295),
  degraded bigint not null check (degraded between 0 and 4294967295),
  failed bigint not null check (failed between 0 and 4294967295),
  unknown bigint not null check (unknown between 0 and 4294967295),
  -- How many answers took how long, by class.
  times json not null,
  primary key (period, begins_at, kind, name, environment)
);
alter table production_health_spans enable row level security;

-- The newest check of each endpoint and of each database.
create index idx_api_health_latest
  on production_api_health (environment, endpoint_path, http_method, last_checked desc, id desc);
create index idx_database_health_latest
  on production_database_health (environment, connection_name, last_tested desc, id desc);

-- Nothing is granted to anybody, whatever the default privileges of the database are.
do $$
declare
  grantee text;
begin
  for grantee in
    select 'public'
    union all
    select quote_ident(rolname) from pg_catalog.pg_roles where rolname in ('anon', 'authenticated', 'service_role')
  loop
    execute format('revoke all on production_health_spans from %s', grantee);
  end loop;
end
$$;
