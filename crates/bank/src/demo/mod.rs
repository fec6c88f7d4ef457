//! `weiyin demo`: a whole invented province on loopback, in one process, with SQLite and no account, key or server asked for.
//!
//! Bank, WeChat simulator with its phones, sandbox core and a year of entries. Everything random is drawn from a fixed
//! seed. Not for: production; the demo's keys are worth nothing, its cookies go without TLS, its clock can be turned.

mod charity;
pub mod chat;
pub(crate) mod clerk;
mod county;
mod detach;
mod province;
mod rewards;
mod show;
mod stock;

pub use detach::{detach, stop_detached};

use crate::app::{App, Outside};
use crate::config::{self, Config};
use crate::{health, logs, production, serve};
use base::{Clock, Context, Error, Fen, Random, Result, Secret, Stopwatch, TenantId};
use corebank::sandbox::{NoCash, Sandbox, TillAsk};
use corebank::{Day, Flaky, Weather};
use province::DemoAccount;
use simulator::{CoreHook, MachineHook, Running, Simulator};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const SEED: u64 = 20_261_123;
const MACHINE: &str = "ATM0917";

#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// First of three ports: phones and simulator, then the bank, then its staff side.
    #[arg(long, default_value_t = 8180)]
    pub port: u16,
    /// Where databases, keys and demo.json go; made anew at each start unless --keep.
    #[arg(long, default_value = "data/demo")]
    pub data: PathBuf,
    /// Keep what an earlier demo left in the folder.
    #[arg(long)]
    pub keep: bool,
    /// Return when ready and leave the demo running; end it with `weiyin demo-stop`.
    #[arg(long)]
    pub detach: bool,
    /// Show log lines.
    #[arg(long)]
    pub verbose: bool,
}

/// The three addresses of a demo.
#[derive(Debug, Clone)]
struct Places {
    simulator: SocketAddr,
    public: SocketAddr,
    staff: SocketAddr,
}

impl Places {
    fn of(port: u16) -> Result<Self> {
        let at = |n: u16| {
            let port = port.checked_add(n).ok_or_else(|| Error::fault("--port is too large"))?;
            Ok::<_, Error>(SocketAddr::from(([127, 0, 0, 1], port)))
        };
        Ok(Self { simulator: at(0)?, public: at(1)?, staff: at(2)? })
    }

    /// Before an earlier demo's files go: it may be the one that runs.
    fn are_free(&self) -> Result<()> {
        for at in [self.simulator, self.public, self.staff] {
            std::net::TcpListener::bind(at).map_err(|e| {
                let what = "is a demo running already? End it (Ctrl-C, or make demo-stop), or choose PORT and DATA";
                Error::fault(format!("{at} cannot be taken ({e}): {what}"))
            })?;
        }
        Ok(())
    }
}

/// Runs until Ctrl-C.
pub async fn run(args: &Args) -> Result<()> {
    let watch = Stopwatch::start();
    let filter = if args.verbose { "info" } else { "error" };
    logs::start(&config::Log { format: "text".into(), filter: filter.into() })?;
    health::start_counting();
    let places = Places::of(args.port)?;
    places.are_free()?;
    prepare(&args.data, args.keep)?;
    let demo = Demo::open(args, &places).await?;
    show::ready(&demo, watch.elapsed())?;
    serve::asked_to_stop().await;
    show::stopping();
    let ready = args.data.join("demo.json");
    let _ = std::fs::remove_file(ready);
    demo.close().await;
    show::stopped();
    Ok(())
}

/// A folder of its own: an earlier demo's databases go, a stranger's files never.
fn prepare(data: &Path, keep: bool) -> Result<()> {
    let say = |what: &str| format!("demo folder {}: {what}", data.display());
    let mark = data.join(".weiyin-demo");
    if data.exists()
        && !mark.exists()
        && std::fs::read_dir(data).is_ok_and(|mut d| d.next().is_some())
    {
        return Err(Error::fault(say(
            "holds files that are not a demo's; choose another with --data",
        )));
    }
    if data.exists() && !keep {
        for name in ["weiyin.db", "core.db"] {
            for end in ["", "-wal", "-shm"] {
                let path = data.join(format!("{name}{end}"));
                if path.exists() {
                    std::fs::remove_file(&path).doing(say("an old database cannot be removed"))?;
                }
            }
        }
        let _ = std::fs::remove_dir_all(data.join("keys"));
    }
    let _ = std::fs::remove_file(data.join("demo.json"));
    std::fs::create_dir_all(data).doing(say("cannot be made"))?;
    std::fs::write(mark, "").doing(say("cannot be written"))
}

/// The parts of a running demo.
struct Demo {
    app: Arc<App>,
    simulator: Running,
    sandbox: Sandbox,
    accounts: Vec<DemoAccount>,
    people: stock::People,
    places: Places,
    data: PathBuf,
}

impl Demo {
    async fn open(args: &Args, places: &Places) -> Result<Self> {
        let clock = Clock::shifted();
        let random = Random::seeded(SEED);
        let accounts = province::accounts(&random);
        let component_key = province::aes_key(&random);
        let config = settings_in(&args.data, places, &component_key)?;

        show::step("opening the core bank and posting a year of entries");
        let sandbox = production::sandbox(&config, &clock, &Random::system()).await?;
        let mut people = stock::core(&sandbox, &clock, SEED).await?;
        charity::core(&sandbox, Day::at(clock.now())).await?;
        rewards::core(&sandbox, accounts.iter().map(|a| a.tenant)).await?;

        let core = Arc::new(Flaky::new(sandbox.clone(), clock.clone(), Random::seeded(SEED)));
        show::step("starting the WeChat simulator");
        let mut world = stock::world(places, &clock, &accounts, &mut people, &component_key);
        world.core_weather = Some(core_weather(&core));
        world.machine = Some(machine(&sandbox));
        let simulator = Simulator::start(world).await?;

        show::step("opening the bank");
        let pin_key = production::pin_key(&config, &Random::system())?;
        let outside = Outside { clock, random: Random::system(), core, pin_key };
        let app = App::build(config, outside).await?;
        stock::bank(&app, &accounts).await?;
        stock::staff(&app).await?;
        stock::bound(&app, &people).await?;
        serve::start(app.clone()).await?;
        app.tasks.spawn(clerk::run(app.clone()));
        production::keep_money(&app, sandbox.clone());
        production::keep_days(&app, sandbox.clone(), clerk::LOOK_EVERY);

        show::step("connecting the accounts");
        stock::connect(&app, &simulator, &accounts).await?;
        stock::offer_notices(&app).await?;
        Ok(Self {
            app,
            simulator,
            sandbox,
            accounts,
            people,
            places: places.clone(),
            data: args.data.clone(),
        })
    }

    async fn close(self) {
        self.app.shut_down().await;
        self.simulator.stop().await;
        self.sandbox.db().clone().close().await;
    }
}

/// The phone page's weather reaches the core. Answers are lost of payments only: the PIN before one is proved.
fn core_weather(core: &Arc<Flaky<Sandbox>>) -> CoreHook {
    let core = Arc::clone(core);
    CoreHook::new(move |w| {
        core.set_weather(Weather {
            delay_ms: w.delay_ms,
            outage: w.outage,
            lost_answer_percent: w.lost_answer_percent.into(),
            only_payments: w.lost_answer_percent > 0,
            ..Weather::FINE
        });
    })
}

/// The sandbox core's own cash machine, for who books cash on a phone.
fn machine(sandbox: &Sandbox) -> MachineHook {
    let sandbox = sandbox.clone();
    MachineHook::new(move |typed| {
        let sandbox = sandbox.clone();
        async move {
            let ask = TillAsk {
                machine: MACHINE.to_owned(),
                mobile: typed.mobile,
                code: Secret::new(typed.code),
                word: Secret::new(typed.word),
                amount: Fen::of(typed.amount_fen),
            };
            Ok(match sandbox.dispense(TenantId::of(typed.institution), &ask).await? {
                Ok(_) => "cash",
                Err(NoCash::Wrong) => "wrong",
                Err(NoCash::Locked) => "locked",
                Err(NoCash::Closed) => "closed",
            })
        }
    })
}

fn settings_in(data: &Path, places: &Places, component_key: &str) -> Result<Config> {
    let data = data.display();
    let simulator = format!("http://{}", places.simulator);
    let text = format!(
        "[server]\npublic_listen = \"{public}\"\nstaff_listen = \"{staff}\"\npublic_url = \"http://{public}\"\n\
         shutdown_ms = 5000\n\
         [database]\nurl = \"sqlite:{data}/weiyin.db\"\n[core]\nurl = \"sqlite:{data}/core.db\"\n\
         [keys]\nmaster_file = \"{data}/keys/master.key\"\ncore_pin_file = \"{data}/keys/core-pin.key\"\n\
         [wechat]\napi_url = \"{simulator}\"\nmp_url = \"{simulator}\"\nopen_url = \"{simulator}\"\n\
         component_appid = \"{appid}\"\ncomponent_secret = \"demo-component-secret\"\n\
         component_token = \"democomponenttoken\"\ncomponent_aes_key = \"{component_key}\"\n\
         [sms]\nurl = \"{simulator}/sms/send\"\n[ocr]\nurl = \"{simulator}/ocr/read\"\n[face]\nurl = \"{simulator}/face\"\n[h5]\nsecure_cookies = false\n",
        public = places.public,
        staff = places.staff,
        appid = province::COMPONENT_APPID,
    );
    Config::from_parts("demo settings", &text, std::iter::empty())
}
