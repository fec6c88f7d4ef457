//! The risk assessment (风险测评): ten questions, points for each answer, and the grade that their sum gives. Pure.
//!
//! | points | grade | may buy |
//! | --- | --- | --- |
//! | 0–20 | C1 保守型 | R1 |
//! | 21–40 | C2 稳健型 | R1–R2 |
//! | 41–60 | C3 平衡型 | R1–R3 |
//! | 61–80 | C4 成长型 | R1–R4 |
//! | 81–100 | C5 进取型 | R1–R5 |
//!
//! Whoever will lose nothing at all is C1 whatever the sum. From [`CARE_YEARS`] on nobody is above C3. The age is the bank's own
//! record where it has one, whatever was ticked. Good for a year. Not for: what else a bank knows of a customer.

use super::rules::CARE_YEARS;
use base::{Refusal, Time};
use corebank::Day;
use corebank::wealth::RiskGrade;
use serde::{Deserialize, Serialize};

pub const UNFINISHED: Refusal =
    Refusal::invalid("risk.answers", "还有题没答。十道题都要答，才能出结果");

/// Changes with the questions or the points: it is kept with the answers.
pub const VERSION: i64 = 1;
const MONTHS: i64 = 12;

/// A question, and what may be answered with how many points.
#[derive(Debug)]
pub struct Question {
    pub words: &'static str,
    pub answers: [(&'static str, i64); 4],
}

const fn ask(words: &'static str, answers: [&'static str; 4], points: [i64; 4]) -> Question {
    let [a, b, c, d] = answers;
    Question { words, answers: [(a, points[0]), (b, points[1]), (c, points[2]), (d, points[3])] }
}
const UP: [i64; 4] = [0, 4, 7, 10];

/// Place of the question for the age, and of those whose first answer takes no loss at all.
const AGE: usize = 0;
const NO_LOSS: [usize; 2] = [5, 9];

pub const QUESTIONS: [Question; 10] = [
    ask("您多大年纪？", ["65岁或以上", "51到64岁", "31到50岁", "18到30岁"], [0, 4, 8, 10]),
    ask("家里一年收入大概多少？", ["5万元以下", "5万到20万元", "20万到50万元", "50万元以上"], UP),
    ask(
        "一年的收入里，能拿来投资的有多少？",
        ["一成以下", "一成到两成半", "两成半到一半", "一半以上"],
        UP,
    ),
    ask(
        "您买过什么？",
        [
            "只存过钱、买过国债",
            "大部分是存款，买过一点理财",
            "存款、理财、基金都有",
            "大部分是股票、基金",
        ],
        UP,
    ),
    ask("买理财、基金、股票有几年了？", ["没买过", "两年以内", "两年到五年", "五年以上"], UP),
    ask(
        "您怎么看本金亏损？",
        ["一点都不能亏", "少亏一点可以", "可以亏一些", "为了高收益能亏不少"],
        UP,
    ),
    ask(
        "下面四种，您选哪一种？",
        [
            "大约赚2%，基本不亏",
            "可能赚3%，也可能亏1%",
            "可能赚8%，也可能亏5%",
            "可能赚20%，也可能亏15%",
        ],
        UP,
    ),
    ask("这笔钱多久不用？", ["随时要用", "半年以内", "半年到两年", "两年以上"], UP),
    ask("您投资是为了什么？", ["保住本金", "比存款多一点", "稳稳地增值", "赚得多，波动大也行"], UP),
    ask(
        "亏到多少您会睡不着？",
        ["亏一点就睡不着", "亏5%以内没事", "亏5%到15%没事", "亏15%以上也没事"],
        UP,
    ),
];

/// How much risk a customer may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    C1,
    C2,
    C3,
    C4,
    C5,
}

impl Grade {
    pub const fn word(self) -> &'static str {
        match self {
            Self::C1 => "C1",
            Self::C2 => "C2",
            Self::C3 => "C3",
            Self::C4 => "C4",
            Self::C5 => "C5",
        }
    }
    pub const fn label(self) -> &'static str {
        match self {
            Self::C1 => "保守型",
            Self::C2 => "稳健型",
            Self::C3 => "平衡型",
            Self::C4 => "成长型",
            Self::C5 => "进取型",
        }
    }
    /// In plain words.
    pub const fn means(self) -> &'static str {
        match self {
            Self::C1 => "您最看重保住本金，适合低风险的产品",
            Self::C2 => "您愿意为多一点收益承担很小的波动",
            Self::C3 => "您能接受一些波动，短时间亏一点不要紧",
            Self::C4 => "您追求增值，能接受较大的波动和亏损",
            Self::C5 => "您追求高收益，能接受很大的亏损",
        }
    }
    /// The highest grade of a product that fits.
    pub const fn most(self) -> RiskGrade {
        match self {
            Self::C1 => RiskGrade::R1,
            Self::C2 => RiskGrade::R2,
            Self::C3 => RiskGrade::R3,
            Self::C4 => RiskGrade::R4,
            Self::C5 => RiskGrade::R5,
        }
    }
    pub fn may_buy(self, grade: RiskGrade) -> bool {
        grade <= self.most()
    }
    /// `R1`, `R1到R3`
    pub fn range(self) -> String {
        match self {
            Self::C1 => "R1".to_owned(),
            _ => format!("R1到{}", self.most().word()),
        }
    }
}

/// What somebody answered: the place of each answer.
pub type Answers = [usize; QUESTIONS.len()];

/// An assessment that was taken. C2: sealed at rest.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    pub version: i64,
    pub answers: Answers,
    pub points: i64,
    pub grade: Grade,
    /// The first day on which it is not good any more.
    pub until: Day,
}

base::unprinted!(Taken);

impl Taken {
    pub fn is_good(&self, now: Time) -> bool {
        Day::at(now) < self.until
    }
}

/// Which answer to the first question is true by the bank's record.
const fn age_answer(years: i64) -> usize {
    match years {
        CARE_YEARS.. => 0,
        51.. => 1,
        31.. => 2,
        _ => 3,
    }
}

/// The grade of a sum.
const fn of_points(points: i64) -> Grade {
    match points {
        ..=20 => Grade::C1,
        21..=40 => Grade::C2,
        41..=60 => Grade::C3,
        61..=80 => Grade::C4,
        _ => Grade::C5,
    }
}

/// Judges answers. `years`: the customer's age by the bank's record.
pub fn judge(said: &[usize], years: Option<i64>, now: Time) -> Result<Taken, Refusal> {
    let Ok(mut answers) = Answers::try_from(said) else { return Err(UNFINISHED) };
    if let Some(years) = years {
        answers[AGE] = age_answer(years);
    }
    let mut points = 0;
    for (question, answer) in QUESTIONS.iter().zip(answers) {
        points += question.answers.get(answer).ok_or(UNFINISHED)?.1;
    }
    let takes_no_loss = NO_LOSS.iter().any(|at| answers[*at] == 0);
    let grade = match of_points(points) {
        _ if takes_no_loss => Grade::C1,
        grade if answers[AGE] == 0 => grade.min(Grade::C3),
        grade => grade,
    };
    let until = Day::at(now).plus_months(MONTHS);
    Ok(Taken { version: VERSION, answers, points, grade, until })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::of_ms(1_795_363_200_000);

    fn grade(answers: Answers, years: Option<i64>) -> Grade {
        judge(&answers, years, NOW).unwrap().grade
    }

    #[test]
    fn each_boundary_of_the_sum_gives_the_next_grade() {
        let grades = [20, 21, 40, 41, 60, 61, 80, 81].map(of_points);
        use Grade::{C1, C2, C3, C4, C5};
        assert_eq!(grades, [C1, C2, C2, C3, C3, C4, C4, C5]);
        let most: i64 = QUESTIONS.iter().map(|q| q.answers[3].1).sum();
        assert_eq!(most, 100);
    }

    #[test]
    fn the_sum_is_that_of_the_answers_and_the_age_is_the_banks() {
        assert_eq!(judge(&[3; 10], None, NOW).unwrap().points, 100);
        assert_eq!(judge(&[1; 10], None, NOW).unwrap().points, 40);
        assert_eq!((grade([3; 10], None), grade([1; 10], None)), (Grade::C5, Grade::C2));
        let by_record = judge(&[3; 10], Some(40), NOW).unwrap();
        assert_eq!((by_record.points, by_record.answers[0]), (98, 2));
    }

    #[test]
    fn who_takes_no_loss_is_c1_and_who_is_old_at_most_c3() {
        for at in NO_LOSS {
            let mut answers = [3; 10];
            answers[at] = 0;
            assert_eq!(grade(answers, Some(40)), Grade::C1, "{at}");
        }
        assert_eq!(grade([3; 10], Some(64)), Grade::C5);
        assert_eq!(grade([3; 10], Some(65)), Grade::C3);
        assert_eq!(grade([1; 10], Some(70)), Grade::C2);
    }

    #[test]
    fn it_is_good_for_a_year_and_not_a_day_longer() {
        let taken = judge(&[1; 10], None, NOW).unwrap();
        let day = |n: i64| Day::at(NOW).plus_days(n).start();
        assert!(taken.is_good(NOW) && taken.is_good(day(364)) && !taken.is_good(day(365)));
    }

    #[test]
    fn half_a_paper_has_no_grade() {
        for answers in [vec![], vec![1; 9], vec![1; 11], vec![4; 10]] {
            assert_eq!(judge(&answers, None, NOW).unwrap_err().code, "risk.answers");
        }
    }

    #[test]
    fn a_grade_may_buy_up_to_its_own() {
        assert!(Grade::C2.may_buy(RiskGrade::R2) && !Grade::C2.may_buy(RiskGrade::R3));
        assert_eq!((Grade::C1.range().as_str(), Grade::C3.range().as_str()), ("R1", "R1到R3"));
    }
}
