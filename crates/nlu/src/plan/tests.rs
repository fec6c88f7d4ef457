use super::*;
use crate::normal::normalise;

/// 2026-11-23, a Monday.
const TODAY: i64 = 20_780;

fn words(said: Said) -> String {
    match said {
        Said::Plan(plan) => plan.to_text(),
        Said::Open(open) => format!("{}?", open.to_text()),
        other => format!("{other:?}"),
    }
}

fn heard(text: &str) -> String {
    words(said(&normalise(text), TODAY))
}

#[test]
fn a_day_a_time_and_every_month_are_told_from_talk() {
    for (text, plan) in [
        ("明天上午转500给王强", "2026-11-24@540"),
        ("后天下午三点半给我妈转一千", "2026-11-25@930"),
        ("明天早上九点给张军转三百", "2026-11-24@540"),
        ("下周一转5000给老板", "2026-11-30@540"),
        ("今天下午4点转二百给王强", "2026-11-23@960"),
        ("8号转三百", "2026-12-08@540"),
        ("每月5号给我妈转一千", "monthly:5@540"),
        ("每个月十五号转一千给儿子", "monthly:15@540"),
        ("每月底给我妈转一千", "monthly:31@540"),
        ("每月5号不对15号给我妈转一千", "monthly:15@540"),
        ("次日到账转给李四500", "2026-11-24@540"),
        ("每个月给我妈打钱", "monthly?"),
        ("每月5号和20号给我妈转五百", "Often"),
        ("每月初一给庙里转一百", "Lunar"),
        ("每月初转一百给老吴", "monthly:1@540"),
        ("明天夜里11点转三百", "Asleep"),
        ("给王强转五百", "Nothing"),
        ("今天转五百给王强", "Nothing"),
        ("给王强转5号的工资五百", "Nothing"),
        ("昨天转的五百", "Nothing"),
    ] {
        assert_eq!(heard(text), plan, "{text}");
    }
}

#[test]
fn every_week_is_on_one_day_of_it() {
    for (text, plan) in [
        ("每周五给儿子打两百饭钱", "weekly:5@540"),
        ("每个星期一给工人转三百", "weekly:1@540"),
        ("每个礼拜天下午三点给我妈转一百", "weekly:7@900"),
        ("每周日九点给我妈转一百", "weekly:7@540"),
        ("每周五九点半给我妈转一百", "weekly:5@570"),
        ("每星期3给我妈转一百", "weekly:3@540"),
        ("每周给儿子转三百", "weekly?"),
        ("每周五百给儿子", "weekly?"),
        ("每周一次给儿子转三百", "weekly?"),
        ("每周一三五给儿子转三百", "Often"),
        ("每周一和周四给儿子转三百", "Often"),
        ("每周一到五给儿子转三百", "Often"),
        ("每两周给儿子转三百", "Often"),
        ("隔周给儿子转三百", "Often"),
        ("每天给儿子转三百", "Often"),
        ("每周五晚上11点给儿子转三百", "Asleep"),
    ] {
        assert_eq!(heard(text), plan, "{text}");
    }
}

#[test]
fn every_year_is_on_a_day_of_the_suns_calendar() {
    for (text, plan) in [
        ("每年3月5号给我妈转一千", "yearly:3-5@540"),
        ("每年十二月二十五日给闺女转五百", "yearly:12-25@540"),
        ("每年六月底给房东转五千", "yearly:6-30@540"),
        ("每年元旦给我妈转一千", "yearly:1-1@540"),
        ("每年年底给我妈转一千", "yearly:12-31@540"),
        ("每年给我妈转一千", "yearly?"),
        ("每年3月给我妈转一千", "yearly?"),
        ("每年3月500给我妈", "yearly?"),
        ("每年2月30号给我妈转一千", "yearly?"),
        ("每年正月给干妈转五百", "Lunar"),
        ("每年正月初五给干妈转五百", "Lunar"),
        ("每年农历3月5号给干妈转五百", "Lunar"),
        ("每年腊月给老丈人打两千", "Lunar"),
        ("每年3月5号和9月5号给学校转五百", "Often"),
        ("每季度给房东转三千六", "Often"),
        ("每半年给房东转三千六", "Often"),
    ] {
        assert_eq!(heard(text), plan, "{text}");
    }
}

#[test]
fn a_plan_may_begin_later_and_end() {
    for (text, plan) in [
        ("每月5号给我妈转500转十次", "monthly:5@540*10"),
        ("每月5号给我妈转500，共12次", "monthly:5@540*12"),
        ("每周五转三百给儿子一共转六次", "weekly:5@540*6"),
        ("每月5号转一次给我妈五百", "monthly:5@540"),
        ("每个月转给爹五百转十次", "monthly*10?"),
        ("每月5号给我妈转500转到明年六月", "monthly:5@540<2027-06-30"),
        ("每月5号给我妈转500到明年6月15号为止", "monthly:5@540<2027-06-15"),
        ("每周五给儿子转三百转到年底", "weekly:5@540<2026-12-31"),
        ("每年3月5号给我妈转一千到2030年为止", "yearly:3-5@540<2030-12-31"),
        ("从明年3月起每月15号给孩子打800", "monthly:15@540>2027-03-01"),
        ("从下个月5号开始每月给孩子打800转十次", "monthly:5@540>2026-12-05*10"),
        ("每月转两次给我妈五百", "Often"),
        ("每月5号给我妈转500转几次", "VagueEnd"),
        ("每月5号给我妈转500直到他毕业", "VagueEnd"),
        ("每月5号给我妈转500转半年", "VagueEnd"),
        ("每月5号给我妈转500转一年", "VagueEnd"),
        ("每月5号给我妈转500转九百次", "VagueEnd"),
        ("明天转十次五百给我妈", "Often"),
        ("转五百次日到账给我妈", "2026-11-24@540"),
        ("每月5号第一次转账给我妈五百", "monthly:5@540"),
        ("每月5号转到我妈建行卡五百", "monthly:5@540"),
    ] {
        assert_eq!(heard(text), plan, "{text}");
    }
}

#[test]
fn what_is_open_is_closed_by_fewer_words() {
    for (kept, text, plan) in [
        ("monthly", "15", "monthly:15@540"),
        ("monthly*10", "5号", "monthly:5@540*10"),
        ("monthly", "5号，转十次", "monthly:5@540*10"),
        ("weekly", "五", "weekly:5@540"),
        ("weekly<2027-06-30", "星期天", "weekly:7@540<2027-06-30"),
        ("weekly", "每月5号", "monthly:5@540"),
        ("yearly", "3月5号", "yearly:3-5@540"),
        ("yearly", "正月初五", "Lunar"),
        ("monthly", "随便", "Nothing"),
    ] {
        let open = Open::parse(kept).unwrap();
        assert_eq!(words(said_of(&normalise(text), open, TODAY)), plan, "{kept} {text}");
    }
    let plan = Plan::parse("monthly:5@540").unwrap();
    let after = |text: &str| words(said_after(&normalise(text), plan, TODAY));
    assert_eq!(after("转十次"), "monthly:5@540*10");
    assert_eq!(after("转到明年六月"), "monthly:5@540<2027-06-30");
    assert_eq!(after("换人"), "Nothing");
}

#[test]
fn what_is_written_is_read_again() {
    for text in [
        "2026-11-24@540",
        "monthly:31@930",
        "weekly:5@540*10",
        "yearly:2-29@540<2030-12-31",
        "monthly:5@540>2027-03-01*12",
    ] {
        assert_eq!(Plan::parse(text).map(Plan::to_text).as_deref(), Some(text));
    }
    for text in [
        "",
        "monthly:0@540",
        "monthly:32@540",
        "2026-02-30@540",
        "2026-11-24@1440",
        "weekly:8@540",
        "yearly:2-30@540",
        "yearly:13-1@540",
        "monthly:5@540*0",
        "2026-11-24@540*2",
    ] {
        assert_eq!(Plan::parse(text), None, "{text}");
    }
}
