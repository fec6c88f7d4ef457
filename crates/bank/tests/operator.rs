//! An operator's commands at the real binary: doctor, keys and staff, with the server running on its SQLite file and without.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "support/command.rs"]
mod command;
#[path = "support/otpauth.rs"]
mod otpauth;
#[path = "support/process.rs"]
mod process;
#[path = "support/province.rs"]
mod province;

use bank::recon::made::{self, Whose};
use bank::staff::totp;
use base::{Clock, Random, TenantId};
use command::{Ended, run, run_with};
use corebank::Day;
use otpauth::secret_of;
use process::{Weiyin, free_ports, listens};
use province::{file, set_up, settings};
use std::path::{Path, PathBuf};
use std::time::Duration;

const READY_IN: Duration = Duration::from_secs(60);
/// Nothing listens there.
const NOWHERE: &str = "http://127.0.0.1:9";
const PASSWORD: &str = "field-of-wheat-2026";

/// A province that is set up, and the path of its settings.
fn province(folder: &Path, port: u16) -> PathBuf {
    let database = format!("sqlite:{}/weiyin.db", folder.display());
    let text = settings(folder, port, NOWHERE, &database, "[log]\nfilter = \"info\"\n");
    let config = file(folder, "weiyin.toml", &text);
    set_up(folder, &config);
    config
}

fn serve(folder: &Path, config: &Path, port: u16) -> Weiyin {
    let args = ["serve", "--config", config.to_str().unwrap()];
    Weiyin::start(folder, &args, READY_IN, || listens(port) && listens(port + 1))
}

fn told(args: &[&str], config: &Path, input: &str) -> Ended {
    let args = [args, &["--config", config.to_str().unwrap()]].concat();
    run_with(&args, &[], input)
}

async fn logs_in(port: u16, password: &str, code: &str) -> bool {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let none = reqwest::redirect::Policy::none();
    let http = reqwest::Client::builder().no_proxy().redirect(none).build().unwrap();
    let form = [("login", "lingxi.chen"), ("password", password), ("code", code)];
    let answer = http.post(format!("http://127.0.0.1:{}/login", port + 1)).form(&form);
    answer.send().await.unwrap().headers().contains_key("set-cookie")
}

#[test]
fn the_doctor_looks_with_and_without_a_server_and_says_which() {
    let (folder, port) = (tempfile::tempdir().unwrap(), free_ports(2));
    let config = province(folder.path(), port);
    let alone = told(&["doctor"], &config, "");
    for line in ["server       does not run here", "ok    database", "WRONG wechat", "WRONG sms"] {
        assert!(alone.said.contains(line), "{line}: {}", alone.said);
    }
    assert_eq!(alone.code, Some(1), "there is something to mend");

    let _running = serve(folder.path(), &config, port);
    let beside = told(&["doctor"], &config, "");
    let server = format!("server       runs at 127.0.0.1:{}", port + 1);
    for line in [server.as_str(), "ok    database", "ok    keys", "ok    disk", "ok    files"] {
        assert!(beside.said.contains(line), "{line}: {}", beside.said);
    }
    assert!(beside.said.contains("WRONG wechat"), "{}", beside.said);

    // Settings with another master key are not this server's.
    let text = std::fs::read_to_string(&config).unwrap();
    let other = file(folder.path(), "other.toml", &text.replace("master.key", "other.key"));
    let key = folder.path().join("keys/other.key");
    std::fs::write(&key, "0".repeat(64)).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let strange = told(&["doctor"], &other, "");
    assert!(strange.said.contains("has another master key"), "{}", strange.said);
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_are_added_and_get_new_passwords_while_the_server_runs() {
    let (folder, port) = (tempfile::tempdir().unwrap(), free_ports(2));
    let config = province(folder.path(), port);
    let add = ["staff", "add", "lingxi.chen", "--role", "agent"];
    let weak = told(&add, &config, "short\n");
    assert!(weak.code == Some(1) && weak.said.contains("至少12个字符"), "{}", weak.said);
    let none = told(&add, &config, "");
    assert!(none.said.contains("standard input holds no password"), "{}", none.said);
    let nowhere = told(&["staff", "add", "mars.chen", "--role", "agent"], &config, PASSWORD);
    assert!(nowhere.said.contains("机构代码"), "{}", nowhere.said);

    let running = serve(folder.path(), &config, port);
    let added = told(&add, &config, &format!("{PASSWORD}\n"));
    assert_eq!(added.code, Some(0), "{}", added.said);
    let factor = secret_of(&added.said);
    // The real clock may pass from one half minute into the next between here and there; a code a step ahead is taken, too.
    let code = |steps| totp::code(&factor, totp::step_of(Clock::System.now()) + steps);
    assert!(!logs_in(port, PASSWORD, "").await, "without a second factor");
    assert!(logs_in(port, PASSWORD, &code(0)).await);
    let twice = told(&add, &config, "another-password-2026\n");
    assert!(twice.code == Some(1) && twice.said.contains("已经有了"), "{}", twice.said);

    let reset = told(&["staff", "reset", "lingxi.chen"], &config, "barley-and-millet-2026\n");
    assert_eq!(reset.code, Some(0), "{}", reset.said);
    assert!(!reset.said.contains("otpauth"), "the second factor stays: {}", reset.said);
    assert!(!logs_in(port, PASSWORD, &code(1)).await);
    assert!(logs_in(port, "barley-and-millet-2026", &code(1)).await);
    let county = ["staff", "add", "lingxi.wu", "--role", "province-admin"];
    let climber = told(&county, &config, &format!("{PASSWORD}\n"));
    assert!(climber.said.contains("省联社的代码"), "{}", climber.said);
    assert!(!running.said().contains(PASSWORD), "the log tells a password");
}

/// What the doctor says of these settings, once it says `word`.
fn doctor_says(config: &Path, word: &str) -> String {
    let watch = base::Stopwatch::start();
    loop {
        let doctor = told(&["doctor"], config, "");
        if doctor.said.contains(word) {
            return doctor.said;
        }
        assert!(watch.elapsed() < READY_IN, "never {word}: {}", doctor.said);
    }
}

#[test]
fn the_master_and_pin_keys_are_changed_by_settings_and_one_command_dp_06() {
    let (folder, port) = (tempfile::tempdir().unwrap(), free_ports(2));
    let config = province(folder.path(), port);
    let old = std::fs::read_to_string(&config).unwrap();
    drop(serve(folder.path(), &config, port));
    let alone = told(&["rotate-keys", "--which", "master"], &config, "");
    assert!(alone.said.contains("keys.previous_master_file"), "{}", alone.said);

    let at = folder.path().join("keys");
    let (master, pin) = (at.join("master.key"), at.join("core-pin.key"));
    let new = old.replace("master.key", "master-2.key").replace("core-pin.key", "core-pin-2.key");
    let pin_id = "[keys]\ncore_pin_id = \"core-pin-2\"";
    let previous = format!(
        "{pin_id}\nprevious_master_file = \"{}\"\nprevious_core_pin_file = \"{}\"\n\
         previous_core_pin_id = \"core-pin-1\"\ncore_master_file = \"{2}/core-2.key\"\n\
         previous_core_master_file = \"{2}/core-master.key\"",
        master.display(),
        pin.display(),
        at.display()
    );
    let both = file(folder.path(), "both.toml", &new.replace("[keys]", &previous));
    // Nobody runs: what the command began waits for the next start, as it would after a kill.
    let begun = told(&["rotate-keys", "--which", "master"], &both, "");
    assert!(begun.said.starts_with("4 keys are wrapped"), "{}", begun.said);
    let running = serve(folder.path(), &both, port);
    let said = doctor_says(&both, "nothing is wrapped by the previous one");
    assert!(said.contains("PINs go out under core-pin-2; core-pin-1 is still taken"), "{said}");
    assert!(said.contains("empty keys.previous_core_master_file"), "{said}");
    let index = told(&["rotate-keys", "--which", "index"], &both, "");
    assert!(index.said.starts_with("2 institutions have a new index key"), "{}", index.said);
    drop(running);

    let after = format!("{pin_id}\ncore_master_file = \"{}/core-2.key\"", at.display());
    let after = file(folder.path(), "after.toml", &new.replace("[keys]", &after));
    std::fs::remove_file(&master).unwrap();
    std::fs::remove_file(at.join("core-master.key")).unwrap();
    std::fs::remove_file(&pin).unwrap();
    let _running = serve(folder.path(), &after, port);
    let well = told(&["doctor"], &after, "");
    assert!(well.said.contains("2 institutions are moving to a new one"), "{}", well.said);
    assert!(!well.said.contains("master key"), "{}", well.said);
}

#[test]
fn the_province_is_set_up_anew_while_the_server_runs() {
    let (folder, port) = (tempfile::tempdir().unwrap(), free_ports(2));
    let config = province(folder.path(), port);
    let running = serve(folder.path(), &config, port);
    let path = folder.path().join("province.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let more = "[[institution]]\nnumber = 12\ncode = \"yunlu\"\nkind = \"commercial_bank\"\nname = \"云麓\"\n\
        short = \"云麓\"\nphone = \"0990-96990\"\n";
    std::fs::write(&path, format!("{more}{text}")).unwrap();
    let set_up = told(&["setup", path.to_str().unwrap()], &config, "");
    assert_eq!(set_up.code, Some(0), "{}", set_up.said);
    assert!(set_up.said.contains("3 institutions, 0 branches, 2 accounts"), "{}", set_up.said);
    // The server knows it at once.
    let doctor = told(&["doctor"], &config, "");
    assert!(doctor.said.contains("2 connected, 3 institutions"), "{}", doctor.said);
    assert!(!running.said().contains("blackboxsecret"), "the log tells a secret");
    drop(running);
    let alone = told(&["setup", path.to_str().unwrap()], &config, "");
    assert!(alone.code == Some(0) && alone.said.contains("3 institutions"), "{}", alone.said);
}

/// The core's file of a day with `payments` of whom this bank knows nothing.
fn file_of_the_day(folder: &Path, name: &str, date: Day, payments: i64) -> PathBuf {
    let (whose, random) = (Whose { tenant: TenantId::of(11), date }, Random::seeded(41));
    let lines: Vec<_> = (0..payments).flat_map(|n| whose.plain(n, &random).lines).collect();
    let path = folder.join(name);
    made::write(&whose, lines.iter(), std::fs::File::create(&path).unwrap()).unwrap();
    path
}

#[test]
fn days_are_compared_with_the_cores_files_with_and_without_a_server() {
    let (folder, port) = (tempfile::tempdir().unwrap(), free_ports(2));
    let config = province(folder.path(), port);
    let (quiet, odd) = (Day::of(2026, 11, 22).unwrap(), Day::of(2026, 11, 23).unwrap());
    let files = [(quiet, 0), (odd, 3)]
        .map(|(date, n)| file_of_the_day(folder.path(), &format!("{date}.txt"), date, n));
    let [without, with] = files.each_ref().map(|f| f.to_str().unwrap());

    let alone = told(&["recon", "run", "--date", "2026-11-22", "--file", without], &config, "");
    assert_eq!(alone.code, Some(0), "{}", alone.said);
    assert!(alone.said.contains("lingxi 2026-11-22  BALANCED"), "{}", alone.said);

    let _running = serve(folder.path(), &config, port);
    let beside = told(&["recon", "run", "--date", "2026-11-23", "--file", with], &config, "");
    assert_eq!(beside.code, Some(1), "three are open: {}", beside.said);
    let named = |said: &str| said.lines().filter(|l| l.starts_with("  M3 ")).count();
    assert_eq!(named(&beside.said), 3, "{}", beside.said);
    let report = told(&["recon", "report", "--date", "2026-11-23"], &config, "");
    assert_eq!((report.code, named(&report.said)), (Some(1), 3), "{}", report.said);
    let list = told(&["recon", "list"], &config, "");
    for line in ["lingxi       2026-11-23", "lingxi       2026-11-22 BALANCED"] {
        assert!(list.said.contains(line), "{line}: {}", list.said);
    }
    // The file of another day is refused, and nothing changes.
    let wrong = told(&["recon", "run", "--date", "2026-11-23", "--file", without], &config, "");
    assert_eq!(wrong.code, Some(1), "{}", wrong.said);
    let again = told(&["recon", "report", "--date", "2026-11-23"], &config, "");
    assert_eq!(again.said, report.said);
}

#[test]
fn keys_are_changed_with_and_without_a_server() {
    let (folder, port) = (tempfile::tempdir().unwrap(), free_ports(2));
    let config = province(folder.path(), port);
    let running = serve(folder.path(), &config, port);
    let begun = told(&["rotate-keys"], &config, "");
    assert_eq!(begun.code, Some(0), "{}", begun.said);
    assert!(begun.said.starts_with("2 institutions have a new key"), "{}", begun.said);
    drop(running);
    let again = told(&["rotate-keys"], &config, "");
    assert!(again.said.starts_with("0 institutions"), "one change at a time: {}", again.said);
    let doctor = run(&["doctor", "--config", config.to_str().unwrap()], &[]);
    assert!(doctor.said.contains("moving to a new data key"), "{}", doctor.said);
}
