//! 全网发布检测 (22.11): what WeChat's five test accounts ask before a platform may be published, and what they must get.
//!
//! A pure decision, to be asked before the product's own handling. Not for: sending anything.

/// AppID and `gh_` id of each official account that WeChat tests with.
pub const TEST_ACCOUNTS: [(&str, &str); 5] = [
    ("wx570bc396a51b8ff8", "gh_3c884a361561"),
    ("wx9252c5e0bb1836fc", "gh_c0f28a78b318"),
    ("wx8e1097c5bc82cde9", "gh_3f222ed8d140"),
    ("wx14550af28c71a144", "gh_26128078e9ab"),
    ("wxa35b9c23cfe664eb", "gh_2b3713f184a6"),
];

const TEXT: &str = "TESTCOMPONENT_MSG_TYPE_TEXT";
const AUTH_CODE: &str = "QUERY_AUTH_CODE:";

/// What a test account sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe<'a> {
    /// A text message's `Content`.
    Text(&'a str),
    /// An event's `Event`, as sent.
    Event(&'a str),
}

/// What it must get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Required {
    /// This passive text reply.
    Reply(String),
    /// An empty body at once; then [`super::Platform::accept`] with `auth_code`, then `text` to the sender through
    /// [`crate::api::Account::send_custom`] as the account that the code gives.
    EmptyThenSend { auth_code: String, text: String },
}

/// Whether an AppID or `gh_` id is one of WeChat's test accounts.
pub fn is_test_account(appid_or_user_name: &str) -> bool {
    TEST_ACCOUNTS.iter().any(|&(a, g)| a == appid_or_user_name || g == appid_or_user_name)
}

/// What the review requires for a message to `to` (`ToUserName`); `None` for every account and message that is not part of it.
pub fn launch_check(to: &str, probe: Probe<'_>) -> Option<Required> {
    if !is_test_account(to) {
        return None;
    }
    match probe {
        Probe::Text(TEXT) => Some(Required::Reply(format!("{TEXT}_callback"))),
        Probe::Text(text) => {
            let auth_code = text.strip_prefix(AUTH_CODE)?.trim();
            (!auth_code.is_empty()).then(|| Required::EmptyThenSend {
                auth_code: auth_code.to_owned(),
                text: format!("{auth_code}_from_api"),
            })
        }
        Probe::Event(event) => Some(Required::Reply(format!("{event}from_callback"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_five_accounts_get_the_fixed_text_reply() {
        for (_, user_name) in TEST_ACCOUNTS {
            assert_eq!(
                launch_check(user_name, Probe::Text("TESTCOMPONENT_MSG_TYPE_TEXT")),
                Some(Required::Reply(String::from("TESTCOMPONENT_MSG_TYPE_TEXT_callback")))
            );
        }
    }

    #[test]
    fn the_auth_code_is_answered_empty_and_then_through_the_api() {
        assert_eq!(
            launch_check("gh_3c884a361561", Probe::Text("QUERY_AUTH_CODE:queryauthcode@@@x1")),
            Some(Required::EmptyThenSend {
                auth_code: String::from("queryauthcode@@@x1"),
                text: String::from("queryauthcode@@@x1_from_api"),
            })
        );
        assert_eq!(launch_check("gh_3c884a361561", Probe::Text("QUERY_AUTH_CODE:")), None);
    }

    #[test]
    fn any_event_is_answered_with_its_own_name() {
        assert_eq!(
            launch_check("gh_2b3713f184a6", Probe::Event("LOCATION")),
            Some(Required::Reply(String::from("LOCATIONfrom_callback")))
        );
    }

    #[test]
    fn a_bank_account_is_never_answered_by_the_review() {
        for probe in [Probe::Text(TEXT), Probe::Text("QUERY_AUTH_CODE:a"), Probe::Event("CLICK")] {
            assert_eq!(launch_check("gh_0123456789ab", probe), None);
        }
        assert_eq!(launch_check("gh_3c884a361561", Probe::Text("余额")), None);
    }
}
