-- How a build ran: processor time, memory, caches, phases, sizes by kind.
alter table production_build_configs add column metrics json;
