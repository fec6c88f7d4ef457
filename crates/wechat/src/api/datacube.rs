//! Statistics (数据统计), section 19: followers, messages and callbacks by day. Yesterday's are there from about 08:00.
//!
//! Dates are China's, `2026-11-23`, both included; each call says how many days it takes. Not for: articles.

use super::wire::lenient;
use super::{Account, CallResult};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

#[derive(Deserialize)]
struct Rows<T> {
    #[serde(default = "Vec::new")]
    list: Vec<T>,
}

/// Who came and went in a day, by channel.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Followers {
    pub ref_date: String,
    /// 1 search, 17 a card, 30 a code, 57 the name in an article, …; 0 others.
    #[serde(default, deserialize_with = "lenient::number")]
    pub user_source: i64,
    #[serde(default, deserialize_with = "lenient::number")]
    pub new_user: i64,
    #[serde(default, deserialize_with = "lenient::number")]
    pub cancel_user: i64,
}

/// All followers at the end of a day.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AllFollowers {
    pub ref_date: String,
    #[serde(default, deserialize_with = "lenient::number")]
    pub cumulate_user: i64,
}

/// Messages to the account, by type.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Messages {
    pub ref_date: String,
    /// 1 text, 2 image, 3 voice, 4 video, 6 link.
    #[serde(default, deserialize_with = "lenient::number")]
    pub msg_type: i64,
    /// How many customers sent one.
    #[serde(default, deserialize_with = "lenient::number")]
    pub msg_user: i64,
    #[serde(default, deserialize_with = "lenient::number")]
    pub msg_count: i64,
}

/// How your server answered, as WeChat saw it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Callbacks {
    pub ref_date: String,
    #[serde(default, deserialize_with = "lenient::number")]
    pub callback_count: i64,
    #[serde(default, deserialize_with = "lenient::number")]
    pub fail_count: i64,
    /// Milliseconds of all together.
    #[serde(default, deserialize_with = "lenient::number")]
    pub total_time_cost: i64,
    /// Milliseconds of the slowest.
    #[serde(default, deserialize_with = "lenient::number")]
    pub max_time_cost: i64,
}

impl Account {
    async fn statistics<T: DeserializeOwned>(
        &self,
        path: &str,
        begin: &str,
        end: &str,
    ) -> CallResult<Vec<T>> {
        let rows: Rows<T> =
            self.post(path, &json!({ "begin_date": begin, "end_date": end })).await?;
        Ok(rows.list)
    }

    /// `POST /datacube/getusersummary`, at most 7 days.
    ///
    /// # Errors
    /// 61500 a date, 61501 a span, 61503 not counted yet, and as every call; so, too, the next three.
    pub async fn followers_by_day(&self, begin: &str, end: &str) -> CallResult<Vec<Followers>> {
        self.statistics("/datacube/getusersummary", begin, end).await
    }

    /// `POST /datacube/getusercumulate`, at most 7 days.
    pub async fn all_followers(&self, begin: &str, end: &str) -> CallResult<Vec<AllFollowers>> {
        self.statistics("/datacube/getusercumulate", begin, end).await
    }

    /// `POST /datacube/getupstreammsg`, at most 7 days.
    pub async fn messages_by_day(&self, begin: &str, end: &str) -> CallResult<Vec<Messages>> {
        self.statistics("/datacube/getupstreammsg", begin, end).await
    }

    /// `POST /datacube/getinterfacesummary`, at most 30 days.
    pub async fn callbacks_by_day(&self, begin: &str, end: &str) -> CallResult<Vec<Callbacks>> {
        self.statistics("/datacube/getinterfacesummary", begin, end).await
    }
}
