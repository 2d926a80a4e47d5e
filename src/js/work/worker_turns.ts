/** The answering side of a worker: one request at a time, pictures for the screen first. */
import { failed, type WorkerReply, type WorkerRequest } from './messages.ts';

export type Answer = (request: WorkerRequest) => Promise<void> | void;

/**
 * Args:
 *   answer: answers one request; what it throws becomes the reply `failed`.
 * Returns: takes requests as they come.
 */
export function inTurns(answer: Answer, reply: (message: WorkerReply) => void): (request: WorkerRequest) => void {
  const urgent: WorkerRequest[] = [];
  const waiting: WorkerRequest[] = [];
  let working = false;

  const work = async (): Promise<void> => {
    for (;;) {
      await messagesArrived();
      const request = urgent.shift() ?? waiting.shift();
      if (request === undefined) break;
      reply({ type: 'at_work', ticket: request.ticket, image: -1 });
      try {
        await answer(request);
      } catch (error) {
        reply(failed(request.ticket, error));
      }
    }
    working = false;
  };

  return (request) => {
    (['view', 'view_frame', 'view_part', 'inspect', 'requests'].includes(request.type) ? urgent : waiting).push(request);
    if (working) return;
    working = true;
    void work();
  };
}

const door = new MessageChannel();
const knocks: (() => void)[] = [];
/** Under Node an open door would keep a program alive that has nothing else to do. */
const { port1 } = door as { port1: MessagePort & { ref?(): void; unref?(): void } };
port1.onmessage = () => {
  knocks.shift()?.();
  if (knocks.length === 0) port1.unref?.();
};
port1.unref?.();

/** Lets the messages in that came while the worker computed, so that an urgent one is seen before the next batch. */
function messagesArrived(): Promise<void> {
  return new Promise((resolve) => {
    knocks.push(resolve);
    port1.ref?.();
    door.port2.postMessage(null);
  });
}
