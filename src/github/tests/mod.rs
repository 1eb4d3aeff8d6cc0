mod event;
mod output;
