//! What a customer agrees to: each text where it is first needed, kept by its hash (DP-11).
//!
//! A changed text is a new version. It asks anyone who binds, and whoever is bound already before the next service:
//! a binding stands on the texts it was made under ([`stand`]).

use super::{Consent, store};
use crate::followers::FollowerId;
use base::{Result, Time};
use db::Tx;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;
use utoipa::ToSchema;

/// Where an agreement is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AskedAt)]
pub enum At {
    /// Before the identity elements are typed in.
    Card,
    /// Before the service begins.
    Pin,
    /// Before a face is checked.
    Face,
}

#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct Agreement {
    pub id: &'static str,
    pub at: At,
    pub version: &'static str,
    pub title: &'static str,
    pub text: &'static str,
}

pub const ALL: &[Agreement] = &[
    Agreement {
        id: "service",
        at: At::Pin,
        version: "2026-11",
        title: "微信银行服务协议",
        text: "一、本服务由您的开户行提供，用来在微信里查询账户、接收提醒和办理您点选的业务。\n\
               二、绑定后，您本人的微信可以查询已绑定账户的余额和明细。请不要把手机借给别人操作，也不要把微信银行密码、短信验证码告诉任何人，包括自称银行工作人员的人。\n\
               三、换手机号、丢手机或不想再用时，请在聊天里说「解绑」，或拨打本行客服电话、到网点办理。解绑马上生效。\n\
               四、查询结果以银行账户记录为准。因网络或系统原因没有及时显示的，本行会在恢复后补发。\n\
               五、本服务不收费。微信流量费由运营商收取。",
    },
    Agreement {
        id: "privacy_sensitive",
        at: At::Card,
        version: "2027-02",
        title: "个人敏感信息处理单独同意书",
        text: "为了确认是您本人，本行需要处理您的姓名、身份证号、银行卡（存折）号和手机号，只用来与您在本行预留的信息核对，以及发送短信验证码。\n\
               拍卡、拍身份证，或者在聊天里发缴费单的照片时，照片只交给与省联社签约的识别服务读出号码、姓名和金额，读完就丢，不保存；不想拍可以手动输入。\n\
               您的微信银行密码在您的手机上加密后传给本行，本平台不保存密码。\n\
               这些信息加密存放在省联社的机房，不提供给微信；除上面说的识别服务，也不提供给其他公司。法律要求保存的记录到期后删除。\n\
               不同意不影响您在网点、电话银行办理业务。您可以随时在聊天里说「解绑」撤回同意。",
    },
];

/// Asked for where a face is checked, and nowhere else: no binding stands on it.
pub const FACE: Agreement = Agreement {
    id: "face",
    at: At::Face,
    version: "2027-01",
    title: "人脸信息处理单独同意书",
    text: "换微信、重设或解锁微信银行密码、更新证件前，要确认是您本人。刷脸在与省联社签约的核身公司的页面上做，它把您的脸和身份证上的照片比对，只告诉本行通过还是没通过。\n\
           为此本行把您的姓名和身份证号交给这家公司。您的人脸照片和视频不经过本行，本行不保存；核身公司比对完就删。\n\
           不同意就不刷脸，可以带身份证到网点办，别的业务不受影响。",
};

impl Agreement {
    pub fn text_hash(&self) -> Vec<u8> {
        Sha256::digest(self.text.as_bytes()).to_vec()
    }
}

/// Hash of all texts as they are today: what a binding made now stands on.
pub fn stand() -> &'static [u8] {
    static STAND: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let mut all = Sha256::new();
        for agreement in ALL {
            all.update(agreement.id.as_bytes());
            all.update(agreement.text_hash());
        }
        all.finalize().to_vec()
    });
    &STAND
}

/// One agreement as the customer is shown it.
#[derive(Debug, Clone)]
pub struct Given {
    pub agreement: String,
    pub title: String,
    pub version: String,
    pub given_at: Time,
}

/// What the follower agreed to and has not withdrawn; the newest version of each.
pub fn given(tx: &Tx<'_>, follower: FollowerId) -> Result<Vec<Given>> {
    let mut all: Vec<Given> = vec![];
    for (agreement, version, given_at) in store::given(tx, follower)? {
        if all.iter().any(|g| g.agreement == agreement) {
            continue;
        }
        let title = title(&agreement).to_owned();
        all.push(Given { agreement, title, version, given_at });
    }
    Ok(all)
}

/// What an agreement is called.
pub fn title(id: &str) -> &'static str {
    let all = ALL.iter().chain([&FACE]);
    all.filter(|a| a.id == id).map(|a| a.title).next().unwrap_or("旧协议")
}

/// Withdraws one; false when it was not given.
pub fn withdraw(tx: &Tx<'_>, follower: FollowerId, id: &str) -> Result<bool> {
    store::withdraw(tx, follower, id)
}

/// Whether the binding stands on it: withdrawn, the binding ends.
pub fn carries_the_binding(id: &str) -> bool {
    ALL.iter().any(|a| a.id == id)
}

/// Keeps what is agreed to of today's texts; what was kept before is not kept twice.
pub(super) fn agree(tx: &Tx<'_>, follower: FollowerId, given: &[Consent]) -> Result<()> {
    for agreement in ALL {
        let is_given = given.iter().any(|c| c.id == agreement.id && c.version == agreement.version);
        if is_given && !store::has_consent(tx, follower, agreement)? {
            store::consent(tx, follower, agreement)?;
        }
    }
    Ok(())
}

/// The same for the text about faces.
pub(super) fn agree_to_face(tx: &Tx<'_>, follower: FollowerId, given: &[Consent]) -> Result<()> {
    let is_given = given.iter().any(|c| c.id == FACE.id && c.version == FACE.version);
    if is_given && !store::has_consent(tx, follower, &FACE)? {
        store::consent(tx, follower, &FACE)?;
    }
    Ok(())
}

/// The text about faces, unless this follower agreed to it.
pub(crate) fn missing_for_face(
    tx: &Tx<'_>,
    follower: FollowerId,
) -> Result<Option<&'static Agreement>> {
    Ok(if store::has_consent(tx, follower, &FACE)? { None } else { Some(&FACE) })
}

/// Today's texts that this follower has not agreed to.
pub(super) fn missing(tx: &Tx<'_>, follower: FollowerId) -> Result<Vec<&'static Agreement>> {
    let mut missing = vec![];
    for agreement in ALL {
        if !store::has_consent(tx, follower, agreement)? {
            missing.push(agreement);
        }
    }
    Ok(missing)
}
