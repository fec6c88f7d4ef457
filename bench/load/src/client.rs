//! The event loop: N connections on one thread, closed loop (each connection always has one request under way) or open
//! loop (requests fall due at a given rate, whether the server keeps up or not).
//!
//! In open loop a wait is counted from the moment the request fell due, so a stalled server cannot hide the requests
//! that would have come meanwhile.

use crate::cpu::{Sample, Watched};
use crate::tally::{Tally, Window};
use crate::traffic::{Asked, Traffic};
use base::{Clock, Random, Stopwatch};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::Duration;

/// A request without an answer after this long is broken off. WeChat waits 5 s.
const GIVE_UP_US: u64 = 10_000_000;
/// How long the last answers are waited for after the window.
const DRAIN_US: u64 = 10_000_000;
const LOOK_FOR_STUCK_EVERY_US: u64 = 1_000_000;
const READ_BYTES: usize = 16 * 1024;

pub(crate) struct Plan {
    pub(crate) server: SocketAddr,
    pub(crate) connections: usize,
    /// Requests a second; `None` is the closed loop.
    pub(crate) rate: Option<u32>,
    pub(crate) warm_us: u64,
    pub(crate) window_us: u64,
    /// Ends after so many requests instead, all of them measured.
    pub(crate) count: Option<u64>,
}

#[derive(Default)]
struct Connection {
    stream: Option<TcpStream>,
    request: Vec<u8>,
    written: usize,
    answer: Vec<u8>,
    asked: Asked,
    /// When the request fell due; `None` while idle.
    due_us: Option<u64>,
}

/// A response that has arrived as a whole.
struct Response {
    status: u16,
    body: std::ops::Range<usize>,
}

pub(crate) struct Client {
    plan: Plan,
    traffic: Traffic,
    watched: Watched,
    poll: Poll,
    connections: Vec<Connection>,
    idle: Vec<usize>,
    /// Open loop: when requests that have no connection yet fell due.
    waiting: VecDeque<u64>,
    next_due_ns: u64,
    begun: u64,
    watch: Stopwatch,
    random: Random,
    tally: Tally,
    opened: Option<(u64, Sample)>,
    closed: Option<(u64, Sample)>,
}

impl Client {
    pub(crate) fn new(plan: Plan, traffic: Traffic, watched: Watched) -> io::Result<Self> {
        Ok(Self {
            poll: Poll::new()?,
            connections: (0..plan.connections).map(|_| Connection::default()).collect(),
            idle: (0..plan.connections).collect(),
            waiting: VecDeque::new(),
            next_due_ns: 0,
            begun: 0,
            watch: Stopwatch::start(),
            random: Random::seeded(1),
            tally: Tally::default(),
            opened: None,
            closed: None,
            plan,
            traffic,
            watched,
        })
    }

    /// Runs to the end of the window and waits for the last answers. Gives the first wrong answer, if any, in words.
    pub(crate) fn run(mut self) -> io::Result<(Tally, Window, Option<String>)> {
        let mut events = Events::with_capacity(1024);
        let mut next_look_us = LOOK_FOR_STUCK_EVERY_US;
        self.watch = Stopwatch::start();
        loop {
            let now = self.now_us();
            self.mark_window(now);
            if self.is_over(now) {
                break;
            }
            self.offer();
            if now >= next_look_us {
                next_look_us = now + LOOK_FOR_STUCK_EVERY_US;
                self.drop_stuck(now);
            }
            self.poll.poll(&mut events, Some(self.patience()))?;
            for event in &events {
                self.progress(event.token().0);
            }
        }
        let (opened_us, before) = self.opened.unwrap_or_default();
        let (closed_us, after) = self.closed.unwrap_or_default();
        let window = Window { us: closed_us.saturating_sub(opened_us), before, after };
        Ok((self.tally, window, self.traffic.first_wrong().map(str::to_owned)))
    }

    fn now_us(&self) -> u64 {
        u64::try_from(self.watch.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn mark_window(&mut self, now: u64) {
        let is_sent = self.plan.count.is_some_and(|n| self.begun >= n);
        let ends_us = self.plan.warm_us + self.plan.window_us;
        if self.opened.is_none() && (now >= self.plan.warm_us || self.plan.count.is_some()) {
            self.opened = Some((now, self.watched.sample()));
        }
        let is_past = match self.plan.count {
            Some(_) => is_sent && self.idle.len() == self.connections.len(),
            None => now >= ends_us,
        };
        if self.closed.is_none() && is_past {
            self.closed = Some((now, self.watched.sample()));
        }
    }

    fn is_over(&self, now: u64) -> bool {
        let is_quiet = self.idle.len() == self.connections.len() && self.waiting.is_empty();
        self.closed.is_some_and(|(at, _)| is_quiet || now > at + DRAIN_US)
    }

    /// Nothing new is begun any more.
    fn is_closed(&self) -> bool {
        self.closed.is_some() || self.plan.count.is_some_and(|n| self.begun >= n)
    }

    /// Begins every request that is due and has a connection.
    fn offer(&mut self) {
        let Some(rate) = self.plan.rate else {
            // at most once each: a connection that fails at once is idle at once
            for _ in 0..self.idle.len() {
                match self.idle.pop() {
                    Some(at) if !self.is_closed() => self.begin(at, self.now_us()),
                    Some(at) => return self.idle.push(at),
                    None => return,
                }
            }
            return;
        };
        let now = self.now_us();
        while !self.is_closed() && self.next_due_ns / 1000 <= now {
            self.waiting.push_back(self.next_due_ns / 1000);
            self.next_due_ns += self.gap_ns(rate);
        }
        for _ in 0..self.idle.len().min(self.waiting.len()) {
            if let (Some(at), Some(due_us)) = (self.idle.pop(), self.waiting.pop_front()) {
                self.begin(at, due_us);
            }
        }
    }

    /// Time to the next request of independent customers: exponentially distributed.
    fn gap_ns(&self, rate: u32) -> u64 {
        let drawn = u32::try_from(self.random.u64() >> 32).unwrap_or(0);
        let share = (f64::from(drawn) + 1.0) / 4_294_967_297.0;
        let gap = Duration::try_from_secs_f64(-share.ln() / f64::from(rate.max(1)));
        gap.map_or(0, |g| u64::try_from(g.as_nanos()).unwrap_or(0))
    }

    /// How long the loop may sleep. The timer counts in ms, so the last one is spun away.
    fn patience(&self) -> Duration {
        if self.plan.rate.is_none() || self.is_closed() {
            return Duration::from_millis(20);
        }
        Duration::from_millis((self.next_due_ns / 1000).saturating_sub(self.now_us()) / 1000)
    }

    fn begin(&mut self, at: usize, due_us: u64) {
        self.begun += 1;
        let connection = &mut self.connections[at];
        connection.asked = self.traffic.ask(Clock::System.now(), &mut connection.request);
        connection.written = 0;
        connection.answer.clear();
        connection.due_us = Some(due_us);
        if connection.stream.is_none() {
            match connect(self.plan.server, at, &self.poll) {
                Ok(stream) => connection.stream = Some(stream),
                Err(_) => return self.give_up(at),
            }
        }
        if connection.write().is_err() {
            self.give_up(at);
        }
    }

    fn progress(&mut self, at: usize) {
        let Some(connection) = self.connections.get_mut(at) else { return };
        if connection.due_us.is_none() {
            // an idle connection that the server closed: the next request opens a new one
            if connection.is_gone() {
                connection.stream = None;
            }
            return;
        }
        let is_whole = connection.write().and_then(|()| connection.read(self.traffic.is_close));
        match is_whole {
            Ok(Some(response)) => self.finish(at, &response),
            Ok(None) => {}
            Err(_) => self.give_up(at),
        }
    }

    fn finish(&mut self, at: usize, response: &Response) {
        let now = self.now_us();
        let connection = &mut self.connections[at];
        let due_us = connection.due_us.take().unwrap_or(now);
        let body = &connection.answer[response.body.clone()];
        let verdict = self.traffic.judge(&connection.asked, response.status, body);
        if self.traffic.is_close {
            connection.stream = None;
        }
        let is_inside = self.is_inside(due_us);
        self.tally.add(verdict, now.saturating_sub(due_us), is_inside);
        self.idle.push(at);
        self.offer();
    }

    /// Closed loop: what is answered in the window. Open loop: what fell due in it, however late the answer.
    fn is_inside(&self, due_us: u64) -> bool {
        match (self.plan.rate, self.opened, self.closed) {
            (_, None, _) => false,
            (None, Some(_), closed) => closed.is_none(),
            (Some(_), Some((from, _)), closed) => {
                due_us >= from && closed.is_none_or(|(to, _)| due_us < to)
            }
        }
    }

    fn give_up(&mut self, at: usize) {
        let connection = &mut self.connections[at];
        connection.stream = None;
        connection.due_us = None;
        self.tally.add_broken();
        self.idle.push(at);
    }

    fn drop_stuck(&mut self, now: u64) {
        for at in 0..self.connections.len() {
            if self.connections[at].due_us.is_some_and(|due| now > due + GIVE_UP_US) {
                self.give_up(at);
            }
        }
    }
}

fn connect(server: SocketAddr, at: usize, poll: &Poll) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(server)?;
    stream.set_nodelay(true)?;
    poll.registry().register(&mut stream, Token(at), Interest::READABLE | Interest::WRITABLE)?;
    Ok(stream)
}

/// Not yet: the poll tells when to go on.
fn is_later(e: &io::Error) -> bool {
    matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected | ErrorKind::Interrupted)
}

impl Connection {
    fn write(&mut self) -> io::Result<()> {
        let Some(stream) = &mut self.stream else { return Ok(()) };
        while self.written < self.request.len() {
            match stream.write(&self.request[self.written..]) {
                Ok(n) => self.written += n,
                Err(e) if is_later(&e) => return Ok(()),
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    /// Reads what is there. A whole answer needs no further read to find the socket empty: the next one begins a new
    /// edge. With `to_end` the answer is whole when the server has closed, so that its side keeps the closed port.
    fn read(&mut self, to_end: bool) -> io::Result<Option<Response>> {
        let Some(stream) = &mut self.stream else { return Ok(None) };
        let mut room = [0; READ_BYTES];
        loop {
            let is_end = match stream.read(&mut room) {
                Ok(n) => {
                    self.answer.extend_from_slice(&room[..n]);
                    n == 0
                }
                Err(e) if is_later(&e) => return Ok(None),
                Err(e) => return Err(e),
            };
            let response = whole(&self.answer)?;
            if is_end && response.is_none() {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            if response.is_some() && (is_end || !to_end) {
                return Ok(response);
            }
        }
    }

    fn is_gone(&mut self) -> bool {
        let Some(stream) = &mut self.stream else { return false };
        // neither an end nor bytes nobody asked for leave it usable
        !stream.read(&mut [0; 1]).is_err_and(|e| is_later(&e))
    }
}

/// Finds a response with a `Content-Length`; every server measured here sends one.
fn whole(answer: &[u8]) -> io::Result<Option<Response>> {
    let Some(head_end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let broken = || io::Error::from(ErrorKind::InvalidData);
    let head = std::str::from_utf8(&answer[..head_end]).map_err(|_| broken())?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let length = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse::<usize>().ok());
    let (Some(status), Some(length)) = (status, length) else {
        return Err(broken());
    };
    let body = head_end + 4..head_end + 4 + length;
    Ok((answer.len() >= body.end).then_some(Response { status, body }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_is_whole_when_its_body_is() {
        let all = b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\nx: y\r\n\r\nsuccess";
        assert!((0..all.len()).all(|n| whole(&all[..n]).unwrap().is_none()));
        let response = whole(all).unwrap().unwrap();
        assert_eq!((response.status, &all[response.body]), (200, b"success".as_slice()));
    }

    #[test]
    fn a_response_without_length_is_an_error() {
        assert!(whole(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }
}
