//! Leases, rounds, tickets, and a store that fails.

use super::*;

#[tokio::test]
async fn the_lease_of_a_dead_process_is_waited_for_and_then_taken() {
    let world = World::new(counting()).await;
    let until = START.plus_ms(15_000);
    assert!(world.store.try_lease(&key(), 0, "dead", until).await.unwrap());
    let options = Options { wait: Duration::from_millis(100), ..Options::default() };
    let (client, store) = (world.wechat.client(), Arc::clone(&world.store));
    let hasty = Authority::new(client, store, world.clock.clone(), Random::seeded(9), options);
    let waited = hasty.access_token(&owner()).await.unwrap_err();
    assert_eq!(waited, CallError::NotSent(Cause::Waiting));
    assert_eq!(world.fetches(), 0);
    world.clock.advance_ms(15_000);
    assert_eq!(told(hasty.access_token(&owner()).await).unwrap(), "T1");
}

#[tokio::test]
async fn a_fetch_that_its_caller_dropped_does_not_block_the_next_one() {
    let world = World::new(gated(1, &Arc::new(Notify::new()))).await;
    tokio::select! {
        _ = world.token() => panic!("the gate is shut"),
        () = world.wechat.until(STABLE, 1) => {}
    }
    assert!(world.row().await.lease_until > START);
    assert_eq!(world.token().await.unwrap(), "T2");
}

#[tokio::test]
async fn a_fetch_that_lost_its_lease_does_not_overwrite_the_newer_token() {
    let gate = Arc::new(Notify::new());
    let world = World::new(gated(1, &gate)).await;
    let other = world.another();
    let quick = async {
        world.wechat.until(STABLE, 1).await;
        world.clock.advance_ms(15_001);
        let token = told(other.access_token(&owner()).await).unwrap();
        gate.notify_one();
        token
    };
    let (slow, quick) = tokio::join!(world.token(), quick);
    assert_eq!((slow.unwrap().as_str(), quick.as_str()), ("T2", "T2"));
    assert_eq!(world.row().await.token.unwrap().reveal(), "T2");
}

#[tokio::test]
async fn a_fetched_token_is_kept_although_an_operator_touched_the_row_meanwhile() {
    let gate = Arc::new(Notify::new());
    let world = World::new(gated(1, &gate)).await;
    let touch = async {
        world.wechat.until(STABLE, 1).await;
        let row = world.row().await;
        assert!(world.store.put(&key(), row.version, &row).await.unwrap());
        gate.notify_one();
    };
    let (token, ()) = tokio::join!(world.token(), touch);
    assert_eq!(token.unwrap(), "T1");
    assert_eq!(world.row().await.token.unwrap().reveal(), "T1");
}

#[tokio::test]
async fn a_round_renews_what_is_due_and_nothing_else() {
    let world = World::new(counting()).await;
    assert!(world.one.refresh_due(&owner()).await.unwrap(), "the first token counts as due");
    assert!(!world.one.refresh_due(&owner()).await.unwrap());
    world.clock.advance_ms(LIFE_MS * 80 / 100);
    assert!(world.one.refresh_due(&owner()).await.unwrap());
    assert_eq!(world.token().await.unwrap(), "T2");
    assert_eq!(world.wechat.count("/cgi-bin/ticket/getticket"), 0, "no page uses a ticket");
}

#[tokio::test]
async fn a_js_ticket_is_fetched_with_the_account_token_kept_and_renewed_in_rounds() {
    let world = World::new(|seen| match seen.path.as_str() {
        STABLE => token(1),
        _ => Answer::Json(json!({
            "errcode": 0, "errmsg": "ok", "ticket": format!("J-{}", seen.token()), "expires_in": 7200
        })),
    })
    .await;
    let page = world.account().page_config("https://h5.example/a?b=c#d", "Wm3WZYTPz0wzccnW").await;
    let page = page.unwrap();
    let signed = crate::jssdk::signature(
        "J-T1",
        "Wm3WZYTPz0wzccnW",
        &START.secs().to_string(),
        "https://h5.example/a?b=c",
    );
    assert_eq!((page.signature, page.appid.as_str()), (signed, "wx0000000000000001"));
    world.account().page_config("https://h5.example/", "n").await.unwrap();
    let path = "/cgi-bin/ticket/getticket";
    assert_eq!(world.wechat.count(path), 1);
    assert_eq!(world.wechat.last(path).query["type"], "jsapi");
    world.clock.advance_ms(LIFE_MS * 80 / 100);
    assert!(world.one.refresh_due(&owner()).await.unwrap());
    assert_eq!(world.wechat.count(path), 2);
}

#[derive(Debug)]
struct BrokenStore;
impl TokenStore for BrokenStore {
    fn load<'a>(&'a self, _: &'a Key) -> Boxed<'a, Option<Row>> {
        Box::pin(async { Err(base::Error::fault("disk full")) })
    }
    fn try_lease<'a>(&'a self, _: &'a Key, _: i64, _: &'a str, _: Time) -> Boxed<'a, bool> {
        Box::pin(async { Ok(false) })
    }
    fn put<'a>(&'a self, _: &'a Key, _: i64, _: &'a Row) -> Boxed<'a, bool> {
        Box::pin(async { Ok(false) })
    }
}

#[tokio::test]
async fn a_broken_store_means_that_nothing_was_sent() {
    let wechat = Fake::start(|_| ok()).await;
    let one = Authority::new(
        wechat.client(),
        Arc::new(BrokenStore),
        Clock::manual(START),
        Random::seeded(1),
        Options::default(),
    );
    let error = Account::new(one, owner()).callback_ips().await.unwrap_err();
    assert_eq!(error, CallError::NotSent(Cause::Store(String::from("disk full"))));
    assert_eq!(wechat.count(IPS), 0);
}

#[test]
fn calls_can_run_on_any_thread() {
    fn sendable<T: Send>(_: T) {}
    fn check(account: &Account, authority: &Authority) {
        sendable(account.callback_ips());
        sendable(account.login("c"));
        sendable(account.download("m"));
        sendable(account.page_config("u", "n"));
        sendable(authority.refresh_due(account.owner()));
    }
    let _: fn(&Account, &Authority) = check;
}
