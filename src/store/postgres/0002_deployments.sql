-- What deployments have beside the data model, what the gate said of a build, and webhooks that came in.

alter table production_build_configs
  add column verdict text check (verdict in ('passed', 'warned', 'inconclusive', 'failed'));
create index idx_build_configs_commit on production_build_configs ("commit");
create index idx_build_configs_recorded on production_build_configs (recorded_at, run_id);

alter table production_deployments
  add column platform_status text,
  add column rollback_reason text,
  add column committed_at timestamptz,
  add column superseded_at timestamptz;
create index idx_deployments_created on production_deployments (created_at, id);

-- A delivery is acknowledged once it is here, and worked off after that. It stays for a while, so that one
-- that is sent again is known.
create table production_webhook_deliveries (
  number bigint generated always as identity primary key,
  provider text not null check (provider <> ''),
  delivery_id text not null check (delivery_id <> ''),
  received_at timestamptz not null,
  sighting json not null,
  processed_at timestamptz,
  outcome text,
  unique (provider, delivery_id)
);
create index idx_webhook_deliveries_waiting on production_webhook_deliveries (number) where processed_at is null;
create index idx_webhook_deliveries_received on production_webhook_deliveries (received_at);
alter table production_webhook_deliveries enable row level security;

do $$
declare
  grantee text;
begin
  for grantee in
    select 'public'
    union all
    select quote_ident(rolname) from pg_catalog.pg_roles where rolname in ('anon', 'authenticated', 'service_role')
  loop
    execute format('revoke all on all tables in schema %I from %s', current_schema(), grantee);
    execute format('revoke all on all sequences in schema %I from %s', current_schema(), grantee);
  end loop;
end
$$;
