//! A conversation with a tiny bank behind it, over the product's flows and one payment that works already.

use base::Time;
use dialogue::talk::{World, shown};
use dialogue::{Act, Book, Heard, Input, Seat, Turn, VERBS, Words, resume, step};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

/// A payment of all kinds of slots, to be confirmed; its verb keeps what was collected.
const REMIT: &str = r#"
title = "汇兑"
kind = "transaction"
say = ["办汇兑"]
needs = "bound"
[ask.payee]
kind = "payee"
label = "转给"
prompt = "汇给谁？"
change = "换人"
[ask.amount]
kind = "amount"
label = "金额"
prompt = "汇多少？"
elder = "要汇多少钱？"
again = "只要说个数。"
change = "改金额"
[ask.speed]
kind = "choice"
label = "到账"
prompt = "什么时候到？"
options = ["马上到", { text = "明天到", value = "next", also = ["次日"] }]
[ask.day]
kind = "day"
look = "future"
label = "日期"
prompt = "哪天汇？"
[ask.term]
kind = "term"
label = "连续"
prompt = "汇多久？"
[ask.household]
kind = "bill_no"
rule = { digits = [10], prefix = "05" }
label = "户号"
prompt = "户号多少？"
[ask.branch]
kind = "place"
label = "网点"
prompt = "哪个网点？"
[ask.memo]
kind = "text"
optional = true
[confirm]
prompt = "{draft}。对吗？"
yes = "确认"
no = "不汇了"
[do]
verb = "bank.leave_message"
with = { kind = "message", text = "{payee}|{amount}|{speed}|{day}|{term}|{household}|{branch}" }
[reply]
done = "{payee.name} {amount.words} {speed.id} {day.iso} {term.months} {household.tail} {branch}"
"#;

/// A loss report that works already: which account, sure, stopped.
const LOSS: &str = r#"
title = "挂失"
kind = "protective"
needs = "bound"
say = ["挂失银行卡"]
[ask.account]
kind = "own_account"
prompt = "锁哪个？"
[confirm]
prompt = "锁住{account}吗？"
yes = "锁住"
no = "先不锁"
[do]
verb = "bank.leave_message"
with = { kind = "message", text = "锁{account}" }
[reply]
done = "{account}锁住了。"
"#;

fn collect(at: &Path, into: &mut Vec<(String, String)>) {
    if at.is_dir() {
        fs::read_dir(at).unwrap().for_each(|e| collect(&e.unwrap().path(), into));
    } else if at.extension().is_some_and(|e| e == "toml") {
        into.push((at.display().to_string(), fs::read_to_string(at).unwrap()));
    }
}

/// The product's flows, with a transfer that is confirmed in the chat itself instead of on a page, and [`REMIT`].
pub(crate) static BOOK: LazyLock<Book> = LazyLock::new(|| {
    let mut files = vec![];
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../flows"), &mut files);
    let run = "[do]\nverb = \"bank.leave_message\"\nwith = { kind = \"message\", text = \"{payee}|{amount}|{account}\" }\n\n[reply]\ndone = \"好，{draft}。\"\n";
    for (name, text) in &mut files {
        if name.ends_with("/card_loss.toml") {
            LOSS.clone_into(text);
        }
        if name.ends_with("/transfer_inner.toml") {
            let (before, _) = text.split_once("[do]\n").unwrap();
            *text = format!("{before}{run}");
        }
    }
    files.push(("flows/test/remit.toml".into(), REMIT.into()));
    files.sort();
    let files: Vec<(&str, &str)> = files.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
    Book::load(&files, &VERBS).unwrap_or_else(|errors| panic!("{errors:#?}"))
});

pub(crate) struct Chat {
    pub(crate) world: World,
    pub(crate) seat: Seat,
    pub(crate) words: Words,
    /// The item that handled the last message.
    pub(crate) item: String,
    /// The verb last run, with its text.
    pub(crate) done: Option<String>,
}

pub(crate) const LI_FANG: &str = "李芳 已绑定 借记卡8821 余额 1280.50 存折0037 余额 3206.50 \
    收款人 李国强（建设银行 0098 大儿子） 收款人 张丽（3321 二姨） 收款人 张莉（1207） 地点 城关支行（城关所） 地点 王家坳助农点（王家坳）";

impl Chat {
    pub(crate) fn with(world: &str) -> Self {
        Self {
            world: World::parse(world).unwrap(),
            seat: Seat::default(),
            words: Words::default(),
            item: String::new(),
            done: None,
        }
    }
    pub(crate) fn new() -> Self {
        Self::with(LI_FANG)
    }
    fn heard<'i>(&self, input: Input<'i>) -> Heard<'i> {
        Heard { input, who: self.world.who(), now: self.world.now }
    }
    pub(crate) fn hear(&mut self, input: Input<'_>) -> String {
        let heard = self.heard(input);
        let turn = step(&BOOK, &self.seat, &heard);
        self.act(turn, &heard)
    }
    pub(crate) fn say(&mut self, text: &str) -> String {
        self.hear(Input::Text { text, menu_id: None })
    }
    pub(crate) fn speak(&mut self, text: &str) -> String {
        self.hear(Input::Voice { recognised: Some(text) })
    }
    pub(crate) fn tap(&mut self, text: &str) -> String {
        let id = self.words.choices.iter().find(|c| c.text == text).unwrap().id.clone();
        self.tap_id(text, &id)
    }
    pub(crate) fn tap_id(&mut self, text: &str, id: &str) -> String {
        self.hear(Input::Text { text, menu_id: Some(id) })
    }
    pub(crate) fn minutes(&mut self, n: i64) {
        self.world.now = Time::of_ms(self.world.now.ms() + n * 60_000);
    }
    fn act(&mut self, turn: Turn, heard: &Heard<'_>) -> String {
        // every seat goes through its bytes
        self.seat = Seat::unpack(&turn.seat.pack()).unwrap();
        assert_eq!(self.seat, turn.seat);
        self.item = turn.item.unwrap_or_default();
        match turn.act {
            Act::Quiet => String::new(),
            Act::Say(words) => {
                self.words = words;
                shown(&self.words)
            }
            Act::HandOver { words, summary, reason } => {
                self.words = words;
                format!("{reason}|{summary}|{}", shown(&self.words))
            }
            Act::Do(call) => {
                self.done = call.args.get("text").cloned();
                let outcome = self.world.call(&call);
                let turn = resume(&BOOK, &self.seat, &call, &outcome, heard);
                self.act(turn, heard)
            }
        }
    }
}
