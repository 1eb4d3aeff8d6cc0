//! `shipgate run` from outside: the real program in small projects, judged by its report and exit status.

mod actions;
mod base;
mod classification;
mod command;
mod commands;
mod database;
mod faults;
mod first_run;
mod from_run;
pub(crate) mod github;
mod hostile;
mod merge;
mod parse;
mod records;
mod secrets;
mod stop;
mod thresholds;
mod witness;
mod workspace;
