/** What a worker runs; harmless elsewhere. */
import { platform } from '#platform';
import type { WorkerReply, WorkerRequest } from './work/messages.ts';
import { serve } from './work/serve.ts';

const port = platform.ownPort<WorkerReply, WorkerRequest>();
if (port !== undefined) serve(port);
