//! The sandbox core: the seeded province, its books, what survives and what is refused.



use base::Fen;
use crate::town::{LING, XI, claim, province, towns};
use corebank::sandbox::movement;
use corebank::table::{self, Outcome, Step};
use corebank::{CoreBank, CoreError, Reject};

#[tokio::test]
async fn the_seeded_province_keeps_every_invariant_and_its_people_have_what_is_told_of_them() {
    for town in towns(24).await {
        assert_eq!(town.core.check_invariants().await.unwrap(), Vec::<String>::new());
        assert_eq!(town.seeded.customers, 24);
        for (name, tail, fen) in
            [("李芳", "6688", 128_050), ("赵桂英", "0037", 320_650), ("赵桂英", "8821", 26_000), ("孙乐乐", "3305", 81_200)]
        {
            let person = town.person(name);
            let ctx = town.ctx(person.tenant);
            let accounts = town.core.accounts(&ctx, &person.cust_no).await.unwrap();
            let account = accounts.iter().find(|a| a.tail == tail).unwrap();
            let balance = town.core.balance(&ctx, &account.id).await.unwrap();
            assert_eq!(balance.posted, Fen::of(fen), "{name} {tail}");
        }
        eprintln!("{:?} accounts, {} journals", town.seeded.accounts, town.seeded.journals);
    }
}
