//! Banks beside each other: what one is asked changes nothing for another, and the database has no back door between them.

use super::UNION;
use crate::app::MIGRATIONS;
use crate::testing::{
    AES_KEY, APPID, LINGXI, PROVINCIAL, SUBSCRIPTION, TOKEN, TestBank, YUNLU, people,
};
use crate::vault::rotation;
use base::{Clock, Random};
use corebank::sandbox;
use db::testing::{databases_with, postgres_url};
use db::{Engine, Migration, Options, Scope, Tx};
use futures_util::future::join_all;
use peer::{Answer, Peer};

#[expect(dead_code, reason = "shared with tests against the binary; these need a part of it")]
#[path = "../../tests/support/peer.rs"]
mod peer;

/// Functions that run with their owner's rights, and views, which read with theirs.
const BACK_DOORS: &str = "SELECT COUNT(*) FROM ( \
    SELECT p.oid FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace \
    WHERE p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'information_schema') \
    UNION ALL SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
    WHERE c.relkind IN ('v', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema')) doors";
/// Tables with a `tenant_id` whose rows are not guarded, their owner's own reading included.
const UNGUARDED: &str = "SELECT COUNT(*) FROM pg_class c \
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped \
    WHERE c.relkind = 'r' AND c.relnamespace = CAST('public' AS regnamespace) \
    AND NOT (c.relrowsecurity AND c.relforcerowsecurity)";

async fn count(db: &db::Db, sql: &'static str) -> i64 {
    let one = move |tx: &Tx<'_>| tx.one::<(i64,)>(sql, &[]);
    db.read(Scope::House, one).await.unwrap().0
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_in_the_database_reads_with_its_owners_rights_and_every_row_is_guarded_ti_03_ti_05()
{
    if postgres_url().is_none() {
        println!("DID NOT RUN: TEST_POSTGRES_URL names no PostgreSQL");
        return;
    }
    const DOOR: Migration =
        Migration { name: "9999_door", sql: "CREATE VIEW every_turn AS SELECT * FROM turn" };
    let opened = async |migrations: Vec<Migration>| {
        let all = databases_with(|url| Options {
            migrations: migrations.clone(),
            row_security: true,
            ..Options::new(url, Clock::System)
        });
        let all = all.await;
        all.into_iter().find(|db| db.engine() == Engine::Postgres).unwrap()
    };
    for migrations in [MIGRATIONS.to_vec(), sandbox::migrations()] {
        let db = opened(migrations).await;
        assert_eq!(count(&db, BACK_DOORS).await, 0);
        assert_eq!(count(&db, UNGUARDED).await, 0);
    }
    let with_a_door = opened([MIGRATIONS, &[DOOR]].concat()).await;
    assert_eq!(count(&with_a_door, BACK_DOORS).await, 1, "a view would be found");
}

/// Rounds in which other banks are busy, and customers who ask all their questions in each: a thousand runs.
const ROUNDS: u64 = 100;
const CUSTOMERS: usize = 10;
/// What the bank that is looked at is asked in each; the last one ends whatever was begun.
const ASKED: [&str; 6] = ["余额", "我有几张卡", "上个月的进出账", "紫色的拖拉机", "人工", "取消"];
/// What its neighbours hear meanwhile: the same and more.
const NOISE: [&str; 8] =
    ["余额", "绑卡", "人工", "我要留言", "取消", "解绑", "卡丢了怎么办", "上个月的进出账"];

fn peer(bank: &TestBank, appid: &str, original_id: &str) -> Peer {
    let port = bank.url.rsplit(':').next().unwrap().parse().unwrap();
    Peer { clock: bank.clock.clone(), ..Peer::new(port, appid, TOKEN, AES_KEY, original_id) }
}

/// The bank's answers to its own customer, in order, without what counts up or is drawn anew each time.
async fn asked(peer: &Peer, openid: &str, first_id: i64) -> Vec<String> {
    let mut heard = vec![];
    for (id, words) in (first_id..).zip(ASKED) {
        let answer = peer.send(&peer.text(openid, id, words)).await;
        let Answer::Words { to, words } = answer else { panic!("{words}: {answer:?}") };
        assert_eq!(to, openid);
        heard.push(without(&without(&words, "msgmenuid="), "/h5/l/"));
    }
    heard
}

/// The text without the letters and digits that follow a mark.
fn without(text: &str, mark: &str) -> String {
    let rest = |part: &str| part.trim_start_matches(|c: char| c.is_ascii_alphanumeric()).to_owned();
    let mut parts = text.split(mark);
    let first = parts.next().unwrap_or_default().to_owned();
    [first].into_iter().chain(parts.map(rest)).collect::<Vec<_>>().join(mark)
}

/// Neighbours' customers speak at random, some under the same openid and message number.
async fn noise(peers: &[Peer; 2], openid: &str, first_id: i64, random: &Random) {
    let pick = |n: usize| usize::try_from(random.below(u64::try_from(n).unwrap())).unwrap();
    let said = (0..12).map(|n| {
        let peer = &peers[pick(2)];
        let from =
            if pick(2) == 0 { openid.to_owned() } else { format!("oNeighbour{:018}", pick(5)) };
        let id = first_id + if pick(2) == 0 { n % 6 } else { 500 + n };
        (peer, peer.text(&from, id, NOISE[pick(8)]))
    });
    let said: Vec<_> = said.collect();
    join_all(said.iter().map(|(peer, inner)| peer.send(inner))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_banks_answers_do_not_depend_on_what_its_neighbours_are_asked_ti_09() {
    for bank in TestBank::each_within(4_000).await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let chat = bank.look(&format!("chats/{APPID}/lifang")).await;
        let openid = chat["openid"].as_str().unwrap();
        let ours = peer(&bank, APPID, "gh_0000000000b1");
        let theirs = [
            peer(&bank, SUBSCRIPTION, "gh_0000000000c1"),
            peer(&bank, PROVINCIAL, "gh_0000000000a1"),
        ];
        let random = Random::seeded(9);
        let strangers = (1..CUSTOMERS).map(|n| format!("oStranger{n:019}"));
        let customers: Vec<String> = [openid.to_owned()].into_iter().chain(strangers).collect();
        let all_asked = async |first_id| {
            join_all(customers.iter().map(|openid| asked(&ours, openid, first_id))).await
        };
        let mut first_id = 7_400_000_000_000_000_000;
        // Once to be told what only a newcomer is told.
        all_asked(first_id).await;
        first_id += 1_000;
        let alone = all_asked(first_id).await;
        assert!(alone[0].iter().any(|words| words.contains("1,280.50")));
        assert!(!alone[1].iter().any(|words| words.contains("1,280.50")));
        for round in 0..ROUNDS {
            first_id += 1_000;
            let (heard, ()) =
                tokio::join!(all_asked(first_id), noise(&theirs, openid, first_id, &random));
            assert_eq!(heard, alone, "round {round}");
            if round == ROUNDS / 2 {
                // The neighbours' keys change, and whoever reads them anew must not mix them up.
                rotation::begin_all(&bank.app).await.unwrap();
                bank.app.reload().await.unwrap();
            }
        }
        let rows = async |tenant| {
            let count = move |tx: &Tx<'_>| {
                tx.one::<(i64,)>(
                    "SELECT COUNT(*) FROM turn WHERE tenant_id = $1",
                    db::params![tenant],
                )
            };
            bank.app.db.read(Scope::House, count).await.unwrap().0
        };
        assert!(rows(UNION).await + rows(YUNLU).await > 100, "the neighbours were busy");
        assert!(rows(LINGXI).await >= i64::try_from(ROUNDS + 1).unwrap() * 6);
        bank.stop().await;
    }
}
