/** A second origin that nobody has business with: it takes whatever comes, by TCP or UDP, and remembers every byte. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';

export class Honeypot {
  readonly #tcp: Server;
  readonly #udp: UdpSocket;
  readonly #sockets = new Set<Socket>();
  #received: Buffer[] = [];
  #datagrams: Buffer[] = [];
  #connections = 0;
  #waiting: (() => void)[] = [];

  private constructor() {
    this.#tcp = createServer((socket) => {
      this.#connections++;
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy()).on('close', () => this.#sockets.delete(socket));
      socket.on('data', (bytes) => {
        this.#received.push(bytes);
        // Enough for a browser to send what it has; a WebSocket is refused after its request has come.
        socket.end('HTTP/1.1 204 No Content\r\nAccess-Control-Allow-Origin: *\r\nConnection: close\r\n\r\n');
        this.#tell();
      });
    });
    this.#udp = createSocket('udp4', (bytes) => {
      this.#datagrams.push(bytes);
      this.#tell();
    });
  }

  static async start(): Promise<Honeypot> {
    const honeypot = new Honeypot();
    await new Promise<void>((resolve) => honeypot.#tcp.listen(0, '0.0.0.0', resolve));
    await new Promise<void>((resolve) => honeypot.#udp.bind(0, '0.0.0.0', resolve));
    return honeypot;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#tcp.address() as AddressInfo).port}`;
  }

  /** Firefox sends nothing from a real interface to the loopback one: this computer's own address, where it has one. */
  get udp(): string {
    const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []).find(({ family, internal }) => family === 'IPv4' && !internal);
    return `${own?.address ?? '127.0.0.1'}:${this.#udp.address().port}`;
  }

  /** Everything that came by TCP, HTTP requests and upgrades to WebSocket included. */
  get received(): string {
    return Buffer.concat(this.#received).toString('latin1');
  }

  get datagrams(): number {
    return this.#datagrams.length;
  }

  get connections(): number {
    return this.#connections;
  }

  get bytes(): number {
    return [...this.#received, ...this.#datagrams].reduce((sum, { length }) => sum + length, 0);
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

  /** What was under way has come when what is sent now has. */
  async drain(): Promise<void> {
    const [bytes, datagrams] = [this.bytes, this.datagrams];
    const connections = this.connections;
    await fetch(`${this.url}/drained`);
    const socket = createSocket('udp4');
    const { port } = this.#udp.address();
    await new Promise<void>((resolve) => socket.send('drained', port, '127.0.0.1', () => resolve()));
    await this.until(({ received, datagrams: now }) => received.includes('/drained') && now > datagrams, 5_000);
    socket.close();
    void bytes;
    this.#received = this.#received.filter((each) => !each.includes('/drained'));
    this.#datagrams = this.#datagrams.filter((each) => each.toString() !== 'drained');
    this.#connections -= this.connections > connections ? 1 : 0;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all([new Promise<void>((resolve) => this.#tcp.close(() => resolve())), new Promise<void>((resolve) => this.#udp.close(() => resolve()))]);
  }

  #tell(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
