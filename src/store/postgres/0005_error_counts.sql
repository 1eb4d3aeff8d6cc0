-- How many errors of each kind a branch has: a page that shows the sums does not count a million rows each time.
-- Whoever writes errors, by whatever statement, keeps them right.
create table production_error_counts (
  branch text collate "C" not null,
  level text not null,
  severity text not null,
  status text not null,
  count bigint not null,
  primary key (branch, level, severity, status)
);
alter table production_error_counts enable row level security;

-- Once a statement, not once a row. The search path is this schema's, whoever the caller is.
create function production_count_errors() returns trigger language plpgsql set search_path from current as $$
begin
  if tg_op = 'TRUNCATE' then
    delete from production_error_counts;
    return null;
  end if;
  if tg_op in ('UPDATE', 'DELETE') then
    update production_error_counts t set count = t.count - gone.count
    from (select branch, level, severity, status, count(*) from before group by 1, 2, 3, 4) gone
    where (t.branch, t.level, t.severity, t.status) = (gone.branch, gone.level, gone.severity, gone.status);
  end if;
  if tg_op in ('INSERT', 'UPDATE') then
    insert into production_error_counts as t (branch, level, severity, status, count)
    select branch, level, severity, status, count(*) from after group by 1, 2, 3, 4
    on conflict (branch, level, severity, status) do update set count = t.count + excluded.count;
  end if;
  delete from production_error_counts where count = 0;
  return null;
end
$$;
create trigger count_inserted after insert on production_typescript_errors
  referencing new table as after for each statement execute function production_count_errors();
create trigger count_updated after update on production_typescript_errors
  referencing old table as before new table as after for each statement execute function production_count_errors();
create trigger count_deleted after delete on production_typescript_errors
  referencing old table as before for each statement execute function production_count_errors();
create trigger count_truncated after truncate on production_typescript_errors
  for each statement execute function production_count_errors();

insert into production_error_counts (branch, level, severity, status, count)
select branch, level, severity, status, count(*) from production_typescript_errors group by 1, 2, 3, 4;

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
    execute format('revoke all on production_error_counts from %s', grantee);
    execute format('revoke all on function production_count_errors() from %s', grantee);
  end loop;
end
$$;
