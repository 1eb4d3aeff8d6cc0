-- The records of data-model.md. The search path is the store's own schema while this runs.
-- Checks repeat the rules that `record` holds, so that no other client writes what shipgate refuses to read.
-- Texts that order an answer are compared byte by byte (collation "C"), as every other store compares them.
-- What is only ever read whole is `json`, not `jsonb`: it is given back as it was written.

create table production_build_configs (
  id uuid primary key check (substr(id::text, 15, 1) = '7'),
  environment text not null check (environment in ('development', 'staging', 'production')),
  node_version text check (node_version ~ '^\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?$'),
  typescript_version text check (typescript_version ~ '^\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?$'),
  astro_version text check (astro_version ~ '^\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?$'),
  build_command text not null check (build_command ~ '\S'),
  build_status text not null check (build_status in ('pending', 'building', 'success', 'failed', 'cancelled')),
  build_time double precision check (build_time > 0 and build_time < 'infinity'),
  bundle_size bigint check (bundle_size >= 0),
  error_count bigint not null check (error_count >= 0),
  warning_count bigint not null check (warning_count >= 0),
  created_at timestamptz not null,
  completed_at timestamptz,
  error_log text,
  -- Beside the data model: what was built, what it shipped, and the run that recorded it.
  "commit" text,
  branch text collate "C" not null check (branch <> ''),
  pull_request bigint check (pull_request >= 0),
  bundle json,
  run_id uuid not null unique,
  sequence bigint not null check (sequence > 0),
  recorded_at timestamptz not null,
  is_base boolean not null,
  steps json not null,
  loose json not null,
  check ((completed_at is not null) = (build_status in ('success', 'failed', 'cancelled'))),
  check (completed_at >= created_at)
);
create index idx_build_configs_branch_sequence on production_build_configs (branch, sequence);

create table production_typescript_errors (
  id uuid primary key check (substr(id::text, 15, 1) = '7'),
  file_path text collate "C" not null
    check (file_path !~ '(^|/)\.{0,2}(/|$)' and file_path !~ '^([A-Za-z]:|\\)'),
  line_number bigint not null check (line_number between 1 and 4294967295),
  column_number bigint not null check (column_number between 1 and 4294967295),
  error_code text not null check (error_code <> '' and error_code !~ '\s'),
  error_message text not null,
  category text not null check (category in
    ('type_mismatch', 'implicit_any', 'missing_types', 'property_violation', 'import_export', 'strict_mode',
     'syntax', 'configuration', 'unused_code', 'other')),
  severity text not null check (severity in ('critical', 'high', 'medium', 'low')),
  status text not null check (status in ('identified', 'in_progress', 'resolved', 'deferred')),
  resolution_notes text,
  created_at timestamptz not null,
  resolved_at timestamptz,
  -- Beside the data model: who said it where, and what happened to it.
  tool text not null check (tool <> ''),
  level text not null check (level in ('error', 'warning', 'note')),
  step text not null check (step <> ''),
  branch text collate "C" not null check (branch <> ''),
  build_id uuid not null references production_build_configs (id),
  "commit" text,
  last_seen json,
  history json not null,
  line_hash text check (line_hash ~ '^[0-9a-f]{16}(-[0-9a-f]{8}){2}$'),
  deferral json,
  severity_rank smallint not null
    generated always as (case severity when 'critical' then 0 when 'high' then 1 when 'medium' then 2 else 3 end) stored,
  check (tool <> 'typescript' or error_code ~ '^ts[0-9]+$'),
  check ((resolved_at is not null) = (status = 'resolved')),
  check (deferral is null or status = 'deferred')
);
create index idx_ts_errors_status_severity on production_typescript_errors (status, severity);
-- Active errors of a branch in the order they are listed in. A whole path may be longer than an index entry can be.
create index idx_ts_errors_active on production_typescript_errors (branch, severity_rank, left(file_path, 256))
  where status <> 'resolved';
create index idx_ts_errors_resolved on production_typescript_errors (resolved_at) where status = 'resolved';
create index idx_ts_errors_build on production_typescript_errors (build_id);

create table production_deployments (
  id uuid primary key check (substr(id::text, 15, 1) = '7'),
  version text not null check (version ~ '^\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?$'),
  commit_hash text not null check (commit_hash ~ '^([0-9a-f]{40}|[0-9a-f]{64})$'),
  deployment_status text not null check (deployment_status in
    ('queued', 'deploying', 'success', 'failed', 'rolled_back', 'cancelled')),
  deployment_platform text not null check (deployment_platform ~ '\S'),
  domain text not null check (domain ~ '^[0-9A-Za-z.-]{1,254}$'),
  deployment_url text check (deployment_url ~* '^https?://'),
  health_check_url text check (health_check_url ~* '^https?://'),
  deployment_time double precision check (deployment_time > 0 and deployment_time < 'infinity'),
  rollback_available boolean not null,
  created_at timestamptz not null,
  deployed_at timestamptz,
  error_message text,
  -- Beside the data model: the build that was deployed, and what the platform calls it.
  build_id uuid unique references production_build_configs (id),
  platform_id text,
  environment text not null check (environment in ('development', 'staging', 'production')),
  branch text,
  history json not null,
  unique (deployment_platform, platform_id),
  check ((deployed_at is not null) = (deployment_status in ('success', 'rolled_back')))
);
create index idx_deployments_status_created on production_deployments (deployment_status, created_at);

create table production_environment_variables (
  environment text not null check (environment in ('development', 'staging', 'production')),
  deployment_id uuid references production_deployments (id) on delete cascade,
  key text collate "C" not null check (key ~ '^[A-Za-z_][A-Za-z0-9_]*$'),
  is_set boolean not null,
  is_sensitive boolean not null,
  validation_status text not null check (validation_status in ('valid', 'invalid', 'not_validated')),
  unique nulls not distinct (deployment_id, environment, key)
);

create table production_api_health (
  id uuid primary key check (substr(id::text, 15, 1) = '7'),
  endpoint_path text not null check (endpoint_path ~ '^/' and endpoint_path !~ '[\s?#]'),
  http_method text not null check (http_method in ('GET', 'POST', 'PUT', 'PATCH', 'DELETE')),
  expected_status bigint not null check (expected_status between 100 and 599),
  actual_status bigint check (actual_status between 100 and 599),
  response_time double precision check (response_time >= 0 and response_time < 'infinity'),
  error_message text,
  status text not null check (status in ('healthy', 'degraded', 'failed', 'unknown')),
  last_checked timestamptz not null,
  consecutive_failures bigint not null check (consecutive_failures between 0 and 4294967295),
  environment text not null check (environment in ('development', 'staging', 'production')),
  -- Beside the data model: the deployment that was checked.
  deployment_id uuid references production_deployments (id) on delete set null
);
create index idx_api_health_endpoint_status on production_api_health (endpoint_path, status);
create index idx_api_health_last_checked on production_api_health (last_checked);
create index idx_api_health_deployment on production_api_health (deployment_id);

create table production_database_health (
  id uuid primary key check (substr(id::text, 15, 1) = '7'),
  connection_name text not null check (connection_name ~ '\S'),
  host text not null check (host ~ '^[][0-9A-Za-z_.:-]+$'),
  database_name text not null check (database_name ~ '\S'),
  connection_status text not null check (connection_status in ('connected', 'disconnected', 'timeout', 'error')),
  query_test_status text not null check (query_test_status in ('success', 'slow', 'failed', 'not_tested')),
  average_query_time double precision check (average_query_time > 0 and average_query_time < 'infinity'),
  connection_pool_size bigint check (connection_pool_size between 1 and 4294967295),
  error_message text,
  last_tested timestamptz not null,
  environment text not null check (environment in ('development', 'staging', 'production'))
);
create index idx_database_health_last_tested on production_database_health (last_tested);

alter table production_build_configs enable row level security;
alter table production_typescript_errors enable row level security;
alter table production_deployments enable row level security;
alter table production_environment_variables enable row level security;
alter table production_api_health enable row level security;
alter table production_database_health enable row level security;
alter table production_migrations enable row level security;

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
    execute format('revoke all on schema %I from %s', current_schema(), grantee);
    execute format('revoke all on all tables in schema %I from %s', current_schema(), grantee);
  end loop;
end
$$;
