//! Webhooks that came in: kept once, in their order, until they are worked off, and known after that.

use super::contract;
use crate::store::start;
use chrono::Duration;
use serde_json::json;
use shipgate::store::{Delivery, Store, Worked};
use std::sync::Arc;

contract!(
    deliveries_are_kept_once_and_wait_in_their_order,
    what_was_worked_off_is_known_for_a_week,
    many_who_bring_the_same_at_once_bring_it_once,
);

fn delivery(provider: &str, id: &str) -> Delivery {
    Delivery {
        provider: provider.into(),
        id: id.into(),
        received_at: start(),
        sighting: json!({ "id": id, "text": "é\u{1f680}\n\"" }),
    }
}

fn done(delivery: &Delivery) -> Worked {
    Worked { provider: delivery.provider.clone(), id: delivery.id.clone(), outcome: "recorded".into() }
}

async fn deliveries_are_kept_once_and_wait_in_their_order(store: Arc<dyn Store>) {
    let [one, two, three] = [delivery("github", "1"), delivery("vercel", "1"), delivery("github", "3")];
    assert_eq!(store.add_deliveries(&[one.clone(), two.clone(), one.clone()]).await.unwrap(), 2);
    assert_eq!(store.add_deliveries(&[two.clone(), three.clone()]).await.unwrap(), 1);
    assert_eq!(store.add_deliveries(&[]).await.unwrap(), 0);
    assert_eq!(store.waiting_deliveries(10).await.unwrap(), [one.clone(), two.clone(), three.clone()]);
    assert_eq!(store.waiting_deliveries(1).await.unwrap(), std::slice::from_ref(&one));
    store.work_off_deliveries(&[done(&two)], start()).await.unwrap();
    assert_eq!(store.waiting_deliveries(10).await.unwrap(), [one, three]);
}

async fn what_was_worked_off_is_known_for_a_week(store: Arc<dyn Store>) {
    let one = delivery("github", "1");
    store.add_deliveries(std::slice::from_ref(&one)).await.unwrap();
    store.work_off_deliveries(&[done(&one)], start()).await.unwrap();
    assert_eq!(store.add_deliveries(std::slice::from_ref(&one)).await.unwrap(), 0);
    store.work_off_deliveries(&[done(&one)], start() + Duration::days(6)).await.unwrap();
    assert_eq!(store.add_deliveries(std::slice::from_ref(&one)).await.unwrap(), 0);
    assert!(store.waiting_deliveries(10).await.unwrap().is_empty());
}

async fn many_who_bring_the_same_at_once_bring_it_once(store: Arc<dyn Store>) {
    let tries: Vec<_> = (0..8)
        .map(|_| {
            let store = Arc::clone(&store);
            let all: Vec<Delivery> = (0..50).map(|number| delivery("github", &number.to_string())).collect();
            tokio::spawn(async move { store.add_deliveries(&all).await.unwrap() })
        })
        .collect();
    let mut new = 0;
    for one in tries {
        new += one.await.unwrap();
    }
    assert_eq!((new, store.waiting_deliveries(100).await.unwrap().len()), (50, 50));
}
