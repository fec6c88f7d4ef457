//! Followers, tags and the blacklist, section 15.
//!
//! WeChat no longer tells names, pictures, sex or region here. Not for: web login (see [`super::oauth`]).

use super::wire::lenient;
use super::{Account, CallError, CallResult, Done};
use serde::Deserialize;
use serde_json::{Value, json};

/// `user/info/batchget` takes so many.
pub const BATCH_MAX: usize = 100;
/// Tagging takes so many at once.
pub const TAGGING_MAX: usize = 50;
/// Blacklisting takes so many at once.
pub const BLACKLIST_MAX: usize = 20;
/// Names of tags and remarks, in bytes.
pub const NAME_MAX_BYTES: usize = 30;

/// What WeChat tells of a person. Not following = only `openid`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Follower {
    #[serde(default, deserialize_with = "lenient::flag", rename = "subscribe")]
    pub is_following: bool,
    pub openid: String,
    /// Seconds since 1970.
    #[serde(default, deserialize_with = "lenient::number")]
    pub subscribe_time: i64,
    #[serde(default)]
    pub unionid: Option<String>,
    #[serde(default)]
    pub remark: String,
    #[serde(default)]
    pub tagid_list: Vec<i64>,
    /// `ADD_SCENE_QR_CODE` and so on; kept as sent.
    #[serde(default)]
    pub subscribe_scene: String,
    /// The numeric scene of the code that was scanned, 0 = none.
    #[serde(default, deserialize_with = "lenient::number")]
    pub qr_scene: i64,
    #[serde(default)]
    pub qr_scene_str: String,
}

/// Up to 10 000 openids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenidPage {
    /// How many there are in all, when WeChat says so.
    pub total: Option<i64>,
    pub openids: Vec<String>,
    /// Hand it in for the next page; `None` after the last.
    pub next: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Tag {
    #[serde(deserialize_with = "lenient::number")]
    pub id: i64,
    pub name: String,
    /// How many carry it.
    #[serde(default, deserialize_with = "lenient::number")]
    pub count: i64,
}

#[derive(Deserialize)]
struct Batch {
    #[serde(default)]
    user_info_list: Vec<Follower>,
}

#[derive(Deserialize)]
struct TagMade {
    tag: Tag,
}

#[derive(Deserialize)]
struct Tags {
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
struct TagIds {
    #[serde(default)]
    tagid_list: Vec<i64>,
}

/// The last page has count 0 and no data, or an empty next_openid; one with fewer than a full page also ends in `next_openid`
/// = its last openid, so the page after it is the empty one.
fn page(answer: &Value, before: &str) -> OpenidPage {
    let list = answer["data"]["openid"].as_array().map(Vec::as_slice).unwrap_or_default();
    let openids: Vec<String> = list.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let next = answer["next_openid"].as_str().unwrap_or_default();
    let ended = openids.is_empty() || next.is_empty() || next == before;
    OpenidPage { total: answer["total"].as_i64(), next: (!ended).then(|| next.to_owned()), openids }
}

fn within(list: &[String], most: usize) -> CallResult<()> {
    if (1..=most).contains(&list.len()) {
        return Ok(());
    }
    Err(CallError::invalid(format!("1 to {most} openids at once")))
}

fn name_fits(name: &str, least: usize) -> CallResult<()> {
    if (least..=NAME_MAX_BYTES).contains(&name.len()) {
        return Ok(());
    }
    Err(CallError::invalid(format!("a name has {least} to {NAME_MAX_BYTES} bytes")))
}

impl Account {
    /// `GET /cgi-bin/user/info`.
    ///
    /// # Errors
    /// 40003 the openid is not this account's, and as every call.
    pub async fn follower(&self, openid: &str) -> CallResult<Follower> {
        self.get("/cgi-bin/user/info", &[("openid", openid), ("lang", "zh_CN")]).await
    }

    /// `POST /cgi-bin/user/info/batchget` for 1 to [`BATCH_MAX`] people.
    ///
    /// # Errors
    /// `NotSent(Invalid)` for another number, and as every call.
    pub async fn followers(&self, openids: &[String]) -> CallResult<Vec<Follower>> {
        within(openids, BATCH_MAX)?;
        let list: Vec<Value> =
            openids.iter().map(|o| json!({ "openid": o, "lang": "zh_CN" })).collect();
        let body = json!({ "user_list": list });
        Ok(self.post::<Batch>("/cgi-bin/user/info/batchget", &body).await?.user_info_list)
    }

    /// `GET /cgi-bin/user/get`: a page of all followers; begin with `""`. 500 calls a day.
    pub async fn follower_page(&self, after: &str) -> CallResult<OpenidPage> {
        let answer: Value = self.get("/cgi-bin/user/get", &[("next_openid", after)]).await?;
        Ok(page(&answer, after))
    }

    /// `POST /cgi-bin/user/info/updateremark`; an empty remark removes it.
    ///
    /// # Errors
    /// `NotSent(Invalid)` for 30 bytes or more, and as every call.
    pub async fn set_remark(&self, openid: &str, remark: &str) -> CallResult<()> {
        if remark.len() >= NAME_MAX_BYTES {
            return Err(CallError::invalid("a remark is shorter than 30 bytes"));
        }
        let body = json!({ "openid": openid, "remark": remark });
        self.post_done("/cgi-bin/user/info/updateremark", &body).await
    }

    /// `POST /cgi-bin/tags/create`; an account has at most 100 (45056).
    ///
    /// # Errors
    /// `NotSent(Invalid)` for a name of 0 or more than 30 bytes; 45157 the name exists.
    pub async fn create_tag(&self, name: &str) -> CallResult<Tag> {
        name_fits(name, 1)?;
        let body = json!({ "tag": { "name": name } });
        Ok(self.post::<TagMade>("/cgi-bin/tags/create", &body).await?.tag)
    }

    /// `GET /cgi-bin/tags/get`.
    pub async fn tags(&self) -> CallResult<Vec<Tag>> {
        Ok(self.get::<Tags>("/cgi-bin/tags/get", &[]).await?.tags)
    }

    /// `POST /cgi-bin/tags/update`.
    ///
    /// # Errors
    /// As [`Account::create_tag`]; 45058 a tag of WeChat's own (0, 1, 2).
    pub async fn rename_tag(&self, id: i64, name: &str) -> CallResult<()> {
        name_fits(name, 1)?;
        let body = json!({ "tag": { "id": id, "name": name } });
        self.post_done("/cgi-bin/tags/update", &body).await
    }

    /// `POST /cgi-bin/tags/delete`.
    ///
    /// # Errors
    /// 45057 more than 100 000 carry it: untag them first; 45058.
    pub async fn delete_tag(&self, id: i64) -> CallResult<()> {
        self.post_done("/cgi-bin/tags/delete", &json!({ "tag": { "id": id } })).await
    }

    /// `POST /cgi-bin/user/tag/get`: a page of those who carry a tag; begin with `""`.
    pub async fn tag_page(&self, id: i64, after: &str) -> CallResult<OpenidPage> {
        let body = json!({ "tagid": id, "next_openid": after });
        let answer: Value = self.post("/cgi-bin/user/tag/get", &body).await?;
        Ok(page(&answer, after))
    }

    /// `POST /cgi-bin/tags/members/batchtagging` for 1 to [`TAGGING_MAX`] people; 20 tags a person (45059).
    ///
    /// # Errors
    /// `NotSent(Invalid)` for another number, and as every call.
    pub async fn tag(&self, id: i64, openids: &[String]) -> CallResult<()> {
        self.members("/cgi-bin/tags/members/batchtagging", id, openids).await
    }

    /// `POST /cgi-bin/tags/members/batchuntagging`.
    ///
    /// # Errors
    /// As [`Account::tag`].
    pub async fn untag(&self, id: i64, openids: &[String]) -> CallResult<()> {
        self.members("/cgi-bin/tags/members/batchuntagging", id, openids).await
    }

    async fn members(&self, path: &str, id: i64, openids: &[String]) -> CallResult<()> {
        within(openids, TAGGING_MAX)?;
        let body = json!({ "openid_list": openids, "tagid": id });
        self.post::<Done>(path, &body).await.map(|_| ())
    }

    /// `POST /cgi-bin/tags/getidlist`: the tags of one person, oldest first (the last decides the conditional menu).
    pub async fn tags_of(&self, openid: &str) -> CallResult<Vec<i64>> {
        let body = json!({ "openid": openid });
        Ok(self.post::<TagIds>("/cgi-bin/tags/getidlist", &body).await?.tagid_list)
    }

    /// `POST /cgi-bin/tags/members/getblacklist`: a page; begin with `""`.
    pub async fn blacklist_page(&self, after: &str) -> CallResult<OpenidPage> {
        let body = json!({ "begin_openid": after });
        let answer: Value = self.post("/cgi-bin/tags/members/getblacklist", &body).await?;
        Ok(page(&answer, after))
    }

    /// `POST /cgi-bin/tags/members/batchblacklist` for 1 to [`BLACKLIST_MAX`] people.
    ///
    /// # Errors
    /// `NotSent(Invalid)` for another number, and as every call.
    pub async fn blacklist(&self, openids: &[String]) -> CallResult<()> {
        within(openids, BLACKLIST_MAX)?;
        let body = json!({ "openid_list": openids });
        self.post_done("/cgi-bin/tags/members/batchblacklist", &body).await
    }

    /// `POST /cgi-bin/tags/members/batchunblacklist`.
    ///
    /// # Errors
    /// As [`Account::blacklist`].
    pub async fn unblacklist(&self, openids: &[String]) -> CallResult<()> {
        within(openids, BLACKLIST_MAX)?;
        let body = json!({ "openid_list": openids });
        self.post_done("/cgi-bin/tags/members/batchunblacklist", &body).await
    }
}
