//! The reconciliation file of the sandbox: what a channel paid, what came back, what was undone; nothing else.

use crate::money::{card, yuan};
use crate::town::{LING, Town, towns};
use base::Fen;
use corebank::money::{Money, PayeeAsk, Payment, QuoteAsk, Undone};
use corebank::recon::{Head, Kind, Line, Tail, payee_text};
use corebank::{CoreError, Day, Reject};

impl Town {
    async fn recon(&self, date: Day) -> Result<String, CoreError> {
        let mut out = vec![];
        let ctx = self.ctx(LING);
        let written = self.money().recon_file(&ctx, date, &mut out).await?;
        let text = String::from_utf8(out).unwrap();
        assert!(text.ends_with(&format!("{}\n", written.sm3)));
        Ok(text)
    }
    async fn given_back(&self) -> Payment {
        let ask = PayeeAsk { number: card("622202", "0404"), name: "郑生".into(), bank_no: None };
        let payee = self.money().payee(&self.ctx(LING), &ask).await.unwrap().payee;
        let quoted = QuoteAsk { payer: self.payer(), payee: payee.clone(), amount: yuan(30) };
        let quote = self.money().quote(&self.ctx(LING), &quoted).await.unwrap();
        Payment { payee, fee: quote.fee, rail: quote.rail, ..self.to_wang(yuan(30)) }
    }
}

#[tokio::test]
async fn a_day_that_is_over_is_written_line_by_line_and_always_the_same() {
    for town in towns(8).await {
        let date = Day::at(town.clock.now());
        let plain = town.to_wang(yuan(10));
        let _ = town.pay("p1", &plain).await.unwrap();
        let _ = town.pay("p2", &town.to_wang(yuan(5))).await.unwrap();
        town.reverse("r2", "p2").await;
        let back = town.given_back().await;
        let _ = town.pay("p3", &back).await.unwrap();
        town.clock.advance_ms(90_000);
        assert_eq!(town.core.settle_rails().await.unwrap(), 1);
        assert_eq!(town.recon(date).await, Err(Reject::NotEligible.into()), "the day is not over");

        town.clock.advance_ms(base::DAY_MS);
        let text = town.recon(date).await.unwrap();
        assert_eq!(text, town.recon(date).await.unwrap());
        let lines: Vec<&str> = text.lines().collect();
        let head = Head::parse(lines[0]).unwrap();
        assert_eq!((head.tenant, head.core_date, head.totals.count), (LING, date, 5));
        let tail = Tail::parse(lines[6]).unwrap();
        assert_eq!(tail.totals, head.totals);
        let lines: Vec<Line<'_>> = lines[1..6].iter().map(|l| Line::parse(l).unwrap()).collect();
        let told = |l: &Line<'_>| (l.request_id.to_owned(), l.kind, l.reversal_of.to_owned());
        let wanted = [
            ("p1", Kind::Pay, ""),
            ("p2", Kind::Pay, ""),
            ("r2", Kind::Reversal, "p2"),
            ("p3", Kind::Pay, ""),
            ("return:p3", Kind::Return, "p3"),
        ];
        for (line, (id, kind, of)) in lines.iter().zip(wanted) {
            assert_eq!(told(line), (id.to_owned(), kind, of.to_owned()));
        }
        assert_eq!(lines[0].payer, town.payer().as_str());
        assert_eq!((lines[0].amount, lines[0].fee), (yuan(10), Fen::ZERO));
        assert_eq!(lines[2].channel_serial, "serial-p2");
        assert_eq!(lines[4].payee, payee_text(&back.payee));
        assert_eq!(lines[4].channel_serial, "serial-p3");
    }
}

#[tokio::test]
async fn a_day_without_payments_is_a_file_without_lines_and_what_no_channel_did_is_not_in_it() {
    for town in towns(8).await {
        let date = Day::at(town.clock.now());
        town.give(&town.payer(), yuan(3)).await;
        town.clock.advance_ms(base::DAY_MS);
        let text = town.recon(date).await.unwrap();
        assert_eq!(text.lines().count(), 2, "{text}");
    }
}

/// Half past ten in the evening.
const CUT_MINUTES: i64 = 22 * 60 + 30;

#[tokio::test(flavor = "multi_thread")]
async fn a_date_that_is_cut_in_traffic_takes_each_payment_once_and_never_comes_back_i36() {
    for town in towns(8).await {
        town.core.set_cut(CUT_MINUTES).await.unwrap();
        let date = Day::at(town.clock.now());
        let cut = date.start().plus_ms(CUT_MINUTES * 60_000);
        town.clock.advance_ms(cut.since(town.clock.now()) - 8_000);
        let before = town.pay("before", &town.to_wang(yuan(1))).await.unwrap();
        assert_eq!(before.core_date, date);

        let mut asks = tokio::task::JoinSet::new();
        for n in 0..32 {
            let (core, clock) = (town.core.clone(), town.clock.clone());
            let (payment, order) = (town.to_wang(yuan(1)), town.order(&format!("p{n}")));
            asks.spawn(async move {
                clock.advance_ms(500);
                core.pay(&order, &payment).await
            });
        }
        let mut booked: Vec<(i64, Day)> = vec![];
        for paid in asks.join_all().await {
            let paid = paid.unwrap();
            let journal = paid.core_serial.strip_prefix(&paid.core_date.number().to_string());
            booked.push((journal.unwrap().parse().unwrap(), paid.core_date));
        }
        booked.sort_unstable();
        assert!(booked.is_sorted_by_key(|(_, date)| *date), "{booked:?}");
        let next = date.plus_days(1);
        let is_late = town.pay("late", &town.to_wang(yuan(1))).await.unwrap();
        assert_eq!(is_late.core_date, next);
        assert!(matches!(town.reverse("r", "before").await, Undone::Refused(_)));

        // The old date is over at once, and its file says so; the next one's comes with the next cut.
        let of_old = town.recon(date).await.unwrap();
        assert_eq!(town.recon(next).await, Err(Reject::NotEligible.into()));
        town.clock.advance_ms(base::DAY_MS);
        let of_next = town.recon(next).await.unwrap();
        let lines = |text: &str| text.lines().filter(|l| l.starts_with("D|")).count();
        let old = booked.iter().filter(|(_, d)| *d == date).count() + 1;
        assert_eq!((lines(&of_old), lines(&of_next)), (old, 34 - old));
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}
