/** Other origins that nobody has business with: they take whatever comes, by TCP or UDP, and remember every byte. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Resolver } from './resolver.ts';

/** What came of one plant. */
export interface Seen { connections: number; bytes: number; lookUps: number }

interface Connection { readonly address: string; readonly received: Buffer[] }

/** Of all honeypots together, so that no browser has a name in its cache. */
let named = 0;

export class Honeypot {
  readonly #tcp: Server;
  readonly #udp: UdpSocket;
  readonly #resolver: Resolver | undefined;
  readonly #sockets = new Set<Socket>();
  readonly #plants = new Map<string, { host: string; address: string }>();
  #connections: Connection[] = [];
  #datagrams: Buffer[] = [];
  #waiting: (() => void)[] = [];

  private constructor(resolver: Resolver | undefined) {
    this.#resolver = resolver;
    resolver?.onAsked(() => this.#tell());
    this.#tcp = createServer((socket) => {
      const connection: Connection = { address: socket.localAddress ?? '', received: [] };
      this.#connections.push(connection);
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy()).on('close', () => this.#sockets.delete(socket));
      socket.on('data', (bytes) => {
        connection.received.push(bytes);
        // Enough for a browser to send what it has; a WebSocket is refused after its request has come.
        socket.end('HTTP/1.1 204 No Content\r\nAccess-Control-Allow-Origin: *\r\nConnection: close\r\n\r\n');
        this.#tell();
      });
      this.#tell();
    });
    this.#udp = createSocket('udp4', (bytes) => {
      this.#datagrams.push(bytes);
      this.#tell();
    });
  }

  static async start(resolver?: Resolver): Promise<Honeypot> {
    const honeypot = new Honeypot(resolver);
    await new Promise<void>((resolve) => honeypot.#tcp.listen(0, '0.0.0.0', resolve));
    await new Promise<void>((resolve) => honeypot.#udp.bind(0, '0.0.0.0', resolve));
    return honeypot;
  }

  get #port(): number {
    return (this.#tcp.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** An origin for one plant alone, by name where a resolver is at hand: a connection without a byte tells by its address whose it is. */
  target(plant: string): string {
    let known = this.#plants.get(plant);
    if (known === undefined) {
      named++;
      const address = `127.77.${named >> 8}.${named & 255}`;
      known = { address, host: this.#resolver?.add(`canary-${plant.toLowerCase().replace(/\W+/g, '-')}-${named}`, address) ?? address };
      this.#plants.set(plant, known);
    }
    return `http://${known.host}:${this.#port}`;
  }

  seen(plant: string): Seen {
    const { address, host } = this.#plants.get(plant) ?? { address: '', host: '' };
    const connections = this.#connections.filter((each) => each.address === address);
    return {
      connections: connections.length, bytes: connections.flatMap(({ received }) => received).reduce((sum, { length }) => sum + length, 0),
      lookUps: this.#resolver?.timesAsked(host) ?? 0,
    };
  }

  hasSeen(plant: string): boolean {
    const { connections, lookUps } = this.seen(plant);
    return connections + lookUps > 0;
  }

  /** Every plant that something came of, in words. */
  get through(): string[] {
    return [...this.#plants.keys()].filter((plant) => this.hasSeen(plant)).map((plant) => {
      const { connections, bytes, lookUps } = this.seen(plant);
      return `plant \`${plant}\` got through: connections ${connections}, bytes ${bytes}, name ${lookUps > 0 ? 'looked up' : 'not looked up'}`;
    });
  }

  /** Firefox sends nothing from a real interface to the loopback one: this computer's own address, where it has one. */
  get udp(): string {
    const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []).find(({ family, internal }) => family === 'IPv4' && !internal);
    return `${own?.address ?? '127.0.0.1'}:${this.#udp.address().port}`;
  }

  /** Everything that came by TCP, HTTP requests and upgrades to WebSocket included. */
  get received(): string {
    return Buffer.concat(this.#connections.flatMap(({ received }) => received)).toString('latin1');
  }

  get datagrams(): number {
    return this.#datagrams.length;
  }

  get connections(): number {
    return this.#connections.length;
  }

  get bytes(): number {
    return [...this.#connections.flatMap(({ received }) => received), ...this.#datagrams].reduce((sum, { length }) => sum + length, 0);
  }

  /** Waits until this holds of what has come. */
  async until(holds: (honeypot: Honeypot) => boolean, timeoutMs: number): Promise<boolean> {
    const late = AbortSignal.timeout(timeoutMs);
    while (!holds(this) && !late.aborted) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
        late.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    return holds(this);
  }

  /** What was under way has come when what is sent now has. Raises: Error when that does not come either. */
  async drain(): Promise<void> {
    const mark = 'drained';
    await fetch(`${this.url}/${mark}`);
    const socket = createSocket('udp4');
    const { port } = this.#udp.address();
    await new Promise<void>((resolve) => socket.send(mark, port, '127.0.0.1', () => resolve()));
    const isMark = (bytes: Buffer): boolean => bytes.toString() === mark;
    const hasCome = await this.until(({ received }) => received.includes(`/${mark}`) && this.#datagrams.some(isMark), 5_000);
    socket.close();
    if (!hasCome) throw new Error('the honeypot does not hear itself');
    this.#connections = this.#connections.filter(({ received }) => !Buffer.concat(received).includes(`/${mark}`));
    this.#datagrams = this.#datagrams.filter((each) => !isMark(each));
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all([new Promise<void>((resolve) => this.#tcp.close(() => resolve())), new Promise<void>((resolve) => this.#udp.close(() => resolve()))]);
  }

  #tell(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
