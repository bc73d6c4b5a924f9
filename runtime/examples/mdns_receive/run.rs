//! One run of one way: a thread that sends, this thread, which receives, and readers that share each packet.

use crate::Error;
use crate::queries::{self, Mix};
use crate::tally::{self, Heap, Tally};
use crate::ways::Way;
use allocation_counter::measure;
use hdrhistogram::Histogram;
use simple_dns::Packet;
use std::io;
use std::net::UdpSocket;
use std::sync::Barrier;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

/// Readers of each packet.
const READERS: usize = 2;

/// Packets that wait for a reader at most.
pub(crate) const DEPTH: usize = 64;

/// The kernel has delivered what was sent by then.
const QUIET: Duration = Duration::from_millis(50);

/// What is sent.
pub(crate) struct Load<'a> {
    pub(crate) mix: &'a Mix,
    pub(crate) packets: u32,
    /// From one packet to the next; none to send as fast as it goes.
    pub(crate) pace: Option<Duration>,
}

/// A packet for a reader.
struct Handed<P> {
    packet: P,
    arrived: Instant,
    number: u32,
}

/// Sends the load, receives what comes, and has it read.
pub(crate) fn run<W: Way>(way: &W, load: &Load<'_>) -> Result<Tally, Error> {
    let (here, there) = (UdpSocket::bind("127.0.0.1:0")?, UdpSocket::bind("127.0.0.1:0")?);
    // Packets of other programs do not come here.
    here.connect(there.local_addr()?)?;
    there.connect(here.local_addr()?)?;
    here.set_read_timeout(Some(QUIET))?;
    there.set_write_timeout(Some(QUIET))?;
    let mut ends = Vec::new();
    let mut readers = Vec::new();
    for _ in 0..READERS {
        let (end, packets) = sync_channel(DEPTH);
        ends.push(end);
        readers.push((Reader::new(load)?, packets));
    }
    let are_warm = Barrier::new(READERS + 1);

    thread::scope(|scope| {
        let readers: Vec<_> = readers
            .into_iter()
            .map(|(reader, packets)| scope.spawn(|| reader.run(packets, &are_warm)))
            .collect();
        are_warm.wait();
        let sender = scope.spawn(|| send(load, &there));
        let received = receive(way, &here, ends, || sender.is_finished());

        let mut tally = Tally::new()?;
        for reader in readers {
            let Reader { count, questions, ours, parser, latencies, .. } = joined(reader)?;
            tally.questions = questions;
            tally.ours += ours;
            tally.parser += parser;
            tally.latencies.add(latencies)?;
            tally.received = count;
        }
        tally.sent = joined(sender)?;
        let received = received?;
        tally.bytes = received.bytes;
        tally.time = received.time;
        tally.ours += received.ours;
        if tally.latencies.len() != received.count * READERS as u64 {
            return Err(format!("{} packets came, readers missed some", received.count).into());
        }
        Ok(tally)
    })
}

fn joined<T>(thread: ScopedJoinHandle<'_, Result<T, Error>>) -> Result<T, Error> {
    thread.join().map_err(|_| "a thread panicked")?
}

/// Sends all packets; those that nothing takes are lost.
fn send(load: &Load<'_>, socket: &UdpSocket) -> Result<u64, Error> {
    let mut wire = Vec::new();
    let start = Instant::now();
    for number in 0..load.packets {
        if let Some(pace) = load.pace {
            thread::sleep((start + pace * number).saturating_duration_since(Instant::now()));
        }
        load.mix.write(number, &mut wire);
        match socket.send(&wire) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(load.packets.into())
}

/// What receiving took.
#[derive(Default)]
struct Received {
    count: u64,
    bytes: u64,
    time: Duration,
    ours: Heap,
}

/// Receives until nothing comes after all was sent. A receive that ends without a packet is not counted.
fn receive<W: Way>(
    way: &W,
    socket: &UdpSocket,
    ends: Vec<SyncSender<Handed<W::Packet>>>,
    is_all_sent: impl Fn() -> bool,
) -> Result<Received, Error> {
    let mut received = Received::default();
    let start = Instant::now();
    loop {
        let is_last = is_all_sent();
        let mut outcome = Ok(None);
        let spent = measure(|| outcome = receive_one(way, socket, &ends));
        match outcome? {
            Some((bytes, arrived)) => {
                received.count += 1;
                received.bytes += bytes as u64;
                received.time = arrived - start;
                received.ours.add(spent);
            }
            None if is_last => return Ok(received),
            None => {}
        }
    }
}

fn receive_one<W: Way>(
    way: &W,
    socket: &UdpSocket,
    ends: &[SyncSender<Handed<W::Packet>>],
) -> Result<Option<(usize, Instant)>, Error> {
    let Some((packet, arrived)) = way.receive(socket)? else {
        return Ok(None);
    };
    let wire = (*packet).as_ref();
    let number = queries::number(wire).ok_or("a packet came that has no number")?;
    for end in ends {
        let handed = Handed { packet: packet.clone(), arrived, number };
        end.send(handed).map_err(|_| "a reader has gone")?;
    }
    Ok(Some((wire.len(), arrived)))
}

/// Waits until a wait has allocated: the first one of a thread, and of a channel, allocates what later ones
/// need. One whose time is over before it has begun does not.
fn wait_once<P>(packets: &Receiver<Handed<P>>) {
    let wait = || measure(|| drop(packets.recv_timeout(Duration::from_millis(1))));
    let _ = (0..100).find(|_| wait().count_total > 0);
}

/// What a reader does and has found.
struct Reader<'a> {
    mix: &'a Mix,
    /// Numbers that came.
    seen: Vec<bool>,
    count: u64,
    questions: u64,
    ours: Heap,
    parser: Heap,
    latencies: Histogram<u64>,
}

impl<'a> Reader<'a> {
    fn new(load: &Load<'a>) -> Result<Self, Error> {
        Ok(Self {
            mix: load.mix,
            seen: vec![false; load.packets as usize],
            count: 0,
            questions: 0,
            ours: Heap::default(),
            parser: Heap::default(),
            latencies: tally::latencies()?,
        })
    }

    fn run<P>(mut self, packets: Receiver<Handed<P>>, are_warm: &Barrier) -> Result<Self, Error>
    where
        P: std::ops::Deref<Target: AsRef<[u8]>>,
    {
        wait_once(&packets);
        are_warm.wait();
        let mut outcome = Ok(());
        let spent = measure(|| {
            outcome = packets.iter().try_for_each(|handed| self.read(&handed));
        });
        outcome?;
        let mut all = Heap::default();
        all.add(spent);
        self.ours = all.without(self.parser);
        Ok(self)
    }

    fn read<P>(&mut self, handed: &Handed<P>) -> Result<(), Error>
    where
        P: std::ops::Deref<Target: AsRef<[u8]>>,
    {
        let wire = (*handed.packet).as_ref();
        let mut parsed = None;
        self.parser.add(measure(|| parsed = Some(Packet::parse(wire))));
        let packet = parsed.ok_or("nothing was parsed")??;
        let latency = handed.arrived.elapsed().as_nanos();
        self.latencies.saturating_record(u64::try_from(latency).unwrap_or(u64::MAX));

        let content = self.mix.check(wire, &packet);
        let content = content.filter(|content| content.number == handed.number);
        let content = content.ok_or("a packet is not the one that was sent")?;
        match self.seen.get_mut(content.number as usize) {
            Some(seen) if !*seen => *seen = true,
            _ => return Err(format!("number {} came twice", content.number).into()),
        }
        self.count += 1;
        self.questions += content.questions as u64;
        Ok(())
    }
}
