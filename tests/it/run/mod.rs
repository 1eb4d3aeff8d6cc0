//! `shipgate run` from outside: the real program in small projects, judged by its report and exit status.

mod command;
mod hostile;
mod parse;
mod records;
mod stop;
mod witness;
