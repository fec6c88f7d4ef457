//! Bad weather between WeChat and the platform, and on WeChat's own side.
//!
//! Every throw of the dice comes from the world's [`base::Random`], so that a seeded world repeats itself.

use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What goes wrong now. Percentages are per attempt (pushes) or per call (APIs).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Weather {
    /// Every push attempt travels this long, inside WeChat's 5 s.
    pub(crate) delay_ms: u64,
    /// Attempts that never arrive; WeChat waits its 5 s and tries again.
    pub(crate) drop_percent: u8,
    /// Deliveries that arrive a second time although they were answered.
    pub(crate) duplicate_percent: u8,
    /// Every other delivery waits until the next one has ended (at most a second).
    pub(crate) reorder: bool,
    /// Attempts of which only the first half arrives.
    pub(crate) truncate_percent: u8,
    /// API calls answered with -1.
    pub(crate) api_busy_percent: u8,
    /// API calls answered with HTTP 502.
    pub(crate) api_5xx_percent: u8,
    /// API answers of which only the first half arrives.
    pub(crate) api_truncate_percent: u8,
    /// Every API call takes this long.
    pub(crate) api_delay_ms: u64,
    /// Calls of the account with this AppID take `slow_ms` longer.
    pub(crate) slow_appid: String,
    pub(crate) slow_ms: u64,
    /// Every call of a vendor (photos read, faces checked) takes this long.
    pub(crate) vendor_delay_ms: u64,
    /// Calls of a vendor answered with HTTP 502.
    pub(crate) vendor_5xx_percent: u8,
    /// Vendors' answers of which only the first half arrives.
    pub(crate) vendor_truncate_percent: u8,
    /// The bank's core takes this much longer; see [`CoreWeather`].
    pub(crate) core_delay_ms: u64,
    /// It cannot be reached.
    pub(crate) core_outage: bool,
    /// Payments it does and does not answer.
    pub(crate) core_lost_answer_percent: u8,
}

/// What the bank's core is wished to suffer from. The simulator has no core: whoever runs both is told by
/// [`Config::core_weather`](crate::Config::core_weather), before the change is answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CoreWeather {
    pub delay_ms: u64,
    pub outage: bool,
    pub lost_answer_percent: u8,
}

/// Who is told of the core's weather.
#[derive(Clone)]
pub struct CoreHook(Arc<dyn Fn(CoreWeather) + Send + Sync>);

impl CoreHook {
    pub fn new(hook: impl Fn(CoreWeather) + Send + Sync + 'static) -> Self {
        Self(Arc::new(hook))
    }
    pub(crate) fn tell(&self, weather: CoreWeather) {
        (self.0)(weather);
    }
}

impl std::fmt::Debug for CoreHook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CoreHook(…)")
    }
}

/// A change of weather: what is absent stays.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Change {
    delay_ms: Option<u64>,
    drop_percent: Option<u8>,
    duplicate_percent: Option<u8>,
    reorder: Option<bool>,
    truncate_percent: Option<u8>,
    api_busy_percent: Option<u8>,
    api_5xx_percent: Option<u8>,
    api_truncate_percent: Option<u8>,
    api_delay_ms: Option<u64>,
    slow_appid: Option<String>,
    slow_ms: Option<u64>,
    vendor_delay_ms: Option<u64>,
    vendor_5xx_percent: Option<u8>,
    vendor_truncate_percent: Option<u8>,
    core_delay_ms: Option<u64>,
    core_outage: Option<bool>,
    core_lost_answer_percent: Option<u8>,
}

/// Longest delay that can be asked for.
const DELAY_MS_MAX: u64 = 30_000;

impl Weather {
    pub(crate) fn apply(&mut self, change: &Change) {
        let percent = |to: &mut u8, from: Option<u8>| *to = from.unwrap_or(*to).min(100);
        percent(&mut self.drop_percent, change.drop_percent);
        percent(&mut self.duplicate_percent, change.duplicate_percent);
        percent(&mut self.truncate_percent, change.truncate_percent);
        percent(&mut self.api_busy_percent, change.api_busy_percent);
        percent(&mut self.api_5xx_percent, change.api_5xx_percent);
        percent(&mut self.api_truncate_percent, change.api_truncate_percent);
        percent(&mut self.vendor_5xx_percent, change.vendor_5xx_percent);
        percent(&mut self.vendor_truncate_percent, change.vendor_truncate_percent);
        self.delay_ms = change.delay_ms.unwrap_or(self.delay_ms).min(DELAY_MS_MAX);
        self.api_delay_ms = change.api_delay_ms.unwrap_or(self.api_delay_ms).min(DELAY_MS_MAX);
        if let Some(appid) = &change.slow_appid {
            self.slow_appid.clone_from(appid);
        }
        self.slow_ms = change.slow_ms.unwrap_or(self.slow_ms).min(DELAY_MS_MAX);
        let vendor_ms = change.vendor_delay_ms.unwrap_or(self.vendor_delay_ms);
        self.vendor_delay_ms = vendor_ms.min(DELAY_MS_MAX);
        self.reorder = change.reorder.unwrap_or(self.reorder);
        percent(&mut self.core_lost_answer_percent, change.core_lost_answer_percent);
        self.core_delay_ms = change.core_delay_ms.unwrap_or(self.core_delay_ms).min(DELAY_MS_MAX);
        self.core_outage = change.core_outage.unwrap_or(self.core_outage);
    }
}

impl Weather {
    /// How much longer a call of this account takes.
    pub(crate) fn slow_for(&self, appid: &str) -> u64 {
        if self.slow_appid == appid { self.slow_ms } else { 0 }
    }
    pub(crate) const fn core(&self) -> CoreWeather {
        CoreWeather {
            delay_ms: self.core_delay_ms,
            outage: self.core_outage,
            lost_answer_percent: self.core_lost_answer_percent,
        }
    }
}

/// The first half of a body, wherever that cuts.
pub(crate) fn truncated(body: &[u8]) -> Vec<u8> {
    body[..body.len() / 2].to_vec()
}
