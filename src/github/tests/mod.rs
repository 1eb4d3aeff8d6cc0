mod comment;
mod event;
mod output;
mod server;
