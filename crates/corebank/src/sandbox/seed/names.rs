//! Invented people, shops and offices of the countryside, and the dice that choose among them.

use base::{Fen, Random};

/// Seeded choices: the same seed, the same province.
pub(super) struct Dice(Random);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(Random::seeded(seed))
    }
    /// Evenly in `low..=high`.
    pub(super) fn between(&self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high - low + 1).unwrap_or(1);
        low + i64::try_from(self.0.below(span)).unwrap_or(0)
    }
    pub(super) fn chance(&self, percent: i64) -> bool {
        self.between(1, 100) <= percent
    }
    pub(super) fn pick<'a, T>(&self, from: &'a [T]) -> &'a T {
        let at = self.0.below(u64::try_from(from.len()).unwrap_or(0));
        &from[usize::try_from(at).unwrap_or(0)]
    }
    /// Whole yuan in `low..=high`.
    pub(super) fn yuan(&self, low: i64, high: i64) -> Fen {
        Fen::of(self.between(low, high) * 100)
    }
    /// Yuan and fen in `low..=high`, as a till shows them.
    pub(super) fn till(&self, low: i64, high: i64) -> Fen {
        Fen::of(self.between(low * 10, high * 10) * 10)
    }
    /// Round amounts, as people ask for cash: hundreds.
    pub(super) fn notes(&self, low: i64, high: i64) -> Fen {
        Fen::of(self.between(low, high) * 10_000)
    }
}

const SURNAMES: &[&str] = &[
    "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马", "朱", "胡", "郭",
    "何", "林", "高", "罗", "郑", "梁", "谢", "宋", "唐", "许", "韩", "冯", "邓", "曹", "彭", "曾",
    "肖", "田", "董", "潘", "袁", "蔡", "蒋", "余", "于", "杜", "叶", "程", "魏", "苏", "吕", "丁",
    "任", "卢", "姚", "沈", "钟", "姜", "崔", "谭", "陆", "范", "汪", "廖", "石", "金", "韦", "贾",
    "夏", "付", "方", "邹", "熊", "白", "孟", "秦", "邱", "侯", "江", "尹", "薛", "闫", "段", "雷",
    "龙", "黎", "史", "陶", "贺", "毛", "郝", "顾", "龚", "邵", "万", "覃", "武", "钱", "戴",
];
const OLD_WOMEN: &[&str] = &[
    "桂兰", "秀英", "玉珍", "凤英", "桂芳", "秀兰", "淑珍", "玉兰", "春梅", "素芬", "翠花", "金凤",
    "月英", "兰英",
];
const OLD_MEN: &[&str] = &[
    "德贵", "国富", "长福", "福生", "有田", "德明", "金山", "庆有", "万春", "永贵", "宝林", "守业",
    "根生", "志远",
];
const WOMEN: &[&str] = &[
    "芳", "丽", "艳", "敏", "静", "霞", "红梅", "小燕", "海燕", "春花", "晓丽", "玉梅", "文静",
    "雪", "婷", "娟", "丽娜", "晓芳", "秋菊", "彩霞", "冬梅", "慧", "莉", "玲玲",
];
const MEN: &[&str] = &[
    "强", "军", "勇", "伟", "磊", "涛", "建国", "志强", "海涛", "建平", "晓东", "卫东", "国庆",
    "铁柱", "大勇", "文斌", "春生", "立新", "小军", "永强", "玉成", "利民", "长江", "兴旺",
];

/// A name that fits the years it was given in.
pub(super) fn person(dice: &Dice, born: i64, is_woman: bool) -> String {
    let given = match (is_woman, born < 1965) {
        (true, true) => OLD_WOMEN,
        (false, true) => OLD_MEN,
        (true, false) => WOMEN,
        (false, false) => MEN,
    };
    format!("{}{}", dice.pick(SURNAMES), dice.pick(given))
}

pub(super) const SHOPS: &[&str] = &[
    "惠民超市",
    "好邻居便利店",
    "丰收副食店",
    "老街粮油店",
    "喜来顺饭馆",
    "便民药房",
    "宏达五金店",
    "乡里香熟食",
    "童乐文具店",
    "平价服装店",
    "东关水果店",
    "顺达加油站",
    "新农建材店",
];
pub(super) const FARM_SHOPS: &[&str] =
    &["金穗农资店", "沃土农资服务部", "绿丰种子站", "兴农化肥经销处", "农机配件门市部"];
pub(super) const EMPLOYERS: &[&str] = &[
    "荣盛纺织厂",
    "绿源食品加工厂",
    "宏图建筑工程队",
    "县第二中学",
    "乡镇卫生院",
    "恒润物流有限公司",
    "大地农机厂",
];
pub(super) const BUYERS: &[&str] =
    &["县粮食收储库", "丰谷粮食购销站", "鲜达果蔬合作社", "牧源畜牧合作社"];
pub(super) const VILLAGES: &[&str] = &[
    "李家庄",
    "柳树屯",
    "前王村",
    "后张村",
    "石桥村",
    "杏花沟",
    "大营子",
    "小寨村",
    "河湾村",
    "三岔口",
];
