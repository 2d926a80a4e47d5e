/**
 * A name server on loopback that a browser asks in place of the real one. A name that is only looked up tells its owner what stands
 * in it, and leaves no connection to count. The browser runs in a mount namespace of its own, where /etc/resolv.conf names this one.
 */
import { spawnSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const zone = 'honeypot.test';
const [typeA, classIn] = [1, 1];

export class Resolver {
  /** Of the zone, as they came. */
  readonly asked: string[] = [];
  readonly #socket: Socket;
  readonly #folder: string;
  readonly #addresses = new Map<string, string>();
  #heard: () => void = () => undefined;

  private constructor(socket: Socket, folder: string) {
    this.#socket = socket;
    this.#folder = folder;
  }

  /** Raises: Error that says why there can be none here. */
  static async start(): Promise<Resolver> {
    const socket = createSocket('udp4');
    // Resolvers ask at port 53 and no other; of loopback's many addresses one is free.
    const address = `127.53.${(process.pid >> 7) & 127}.${(process.pid & 127) + 1}`;
    await new Promise<void>((resolve, reject) => {
      socket.once('error', () => reject(new Error('port 53 of loopback cannot be had: run as root')));
      socket.bind(53, address, resolve);
    });
    const resolver = new Resolver(socket, mkdtempSync(join(tmpdir(), 'cytodrop-resolver-')));
    socket.on('message', (query, { port, address: asker }) => socket.send(resolver.#answer(query), port, asker));
    writeFileSync(join(resolver.#folder, 'resolv.conf'), `nameserver ${address}\n`);
    // Nor any other service that knows names, such as systemd's.
    writeFileSync(join(resolver.#folder, 'nsswitch.conf'), 'passwd: files\ngroup: files\nhosts: files dns\n');
    const { status, stderr, error } = spawnSync(resolver.wrap('/bin/true'), { encoding: 'utf8' });
    if (status !== 0) {
      await resolver.stop();
      throw new Error(`there is no mount namespace to be had: ${(error?.message ?? stderr).trim()}`);
    }
    return resolver;
  }

  /** Gives a name of the zone its address. */
  add(label: string, address: string): string {
    const name = `${label}.${zone}`;
    this.#addresses.set(name, address);
    return name;
  }

  /** How often a name was asked for, with what browsers put before it to ask for more than an address. */
  timesAsked(name: string): number {
    return this.asked.filter((each) => each === name || each.endsWith(`.${name}`)).length;
  }

  onAsked(heard: () => void): void {
    this.#heard = heard;
  }

  /** A program that runs another with this resolver and no other. */
  wrap(program: string): string {
    const path = join(this.#folder, `run-${program.replace(/\W+/g, '-')}`);
    const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
    const mounts = ['resolv.conf', 'nsswitch.conf'].map((name) => `mount --bind ${quoted(join(this.#folder, name))} /etc/${name}`);
    writeFileSync(path, `#!/bin/sh\nexec unshare --mount sh -c ${quoted(`${mounts.join(' && ')} && exec ${quoted(program)} "$@"`)} sh "$@"\n`);
    chmodSync(path, 0o755);
    return path;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
    rmSync(this.#folder, { recursive: true });
  }

  /** RFC 1035: one question, and its address where there is one; for any other type of a known name nothing, without an error. */
  #answer(query: Buffer): Buffer {
    const labels: string[] = [];
    let at = 12;
    for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
      labels.push(query.toString('latin1', at + 1, at + 1 + length));
      at += 1 + length;
    }
    const name = labels.join('.').toLowerCase();
    const question = query.subarray(12, at + 5);
    const type = question.readUInt16BE(question.length - 4);
    if (name.endsWith(`.${zone}`)) this.asked.push(name);
    const address = type === typeA ? this.#addresses.get(name) : undefined;
    const header = Buffer.alloc(12);
    header.writeUInt16BE(query.readUInt16BE(0), 0);
    // An answer, with authority; 3: there is no such name.
    header.writeUInt16BE(name.endsWith(`.${zone}`) ? 0x8580 : 0x8583, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(address === undefined ? 0 : 1, 6);
    const record = Buffer.alloc(address === undefined ? 0 : 16);
    if (address !== undefined) {
      record.writeUInt16BE(0xc00c, 0);
      record.writeUInt16BE(typeA, 2);
      record.writeUInt16BE(classIn, 4);
      record.writeUInt16BE(4, 10);
      Buffer.from(address.split('.').map(Number)).copy(record, 12);
    }
    this.#heard();
    return Buffer.concat([header, question, record]);
  }
}
