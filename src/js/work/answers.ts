/** What a worker, of the page or of the command line, answers about frames. */
import type { Pipeline } from '../classify/pipeline.ts';
import { failed, type WorkerReply, type WorkerRequest } from './messages.ts';

/**
 * Returns: false where the request is about something else.
 * Raises: CytodropError.
 */
export async function answerAboutFrame(
  pipeline: Pipeline, request: WorkerRequest, reply: (message: WorkerReply, transfer?: ArrayBuffer[]) => void,
): Promise<boolean> {
  const { ticket } = request;
  switch (request.type) {
    case 'open_frame': {
      reply({ type: 'frame_opened', ticket, facts: await pipeline.openFrame(request.frame, request.file, request.choice) });
      return true;
    }
    case 'load_detector': {
      await pipeline.loadDetector(request.files);
      reply({ type: 'detector_loaded', ticket });
      return true;
    }
    case 'detect': {
      reply({ type: 'detected', ticket, ...(await pipeline.detect(request.frame, request.settings)) });
      return true;
    }
    case 'classify_cells': {
      reply({ type: 'cells_classified', ticket, verdicts: await pipeline.classifyCells(request.frame, request.boxes, request.pixelSizeUm, request.checks, () => reply({ type: 'at_work', ticket, image: -1 })) });
      return true;
    }
    case 'view_frame': {
      const picture = await pipeline.viewFrame(request.frame, request.region, request.maxSidePx, request.range);
      const rgba = new Uint8ClampedArray(picture.rgba);
      reply({ type: 'frame_view', ticket, widthPx: picture.width_px, heightPx: picture.height_px, rgba }, [rgba.buffer]);
      return true;
    }
    case 'hash_frame': {
      // Beside what is asked next: the browser computes it outside this worker.
      pipeline.hashFrame(request.frame).then(
        (pixelsSha256) => reply({ type: 'frame_hashed', ticket, pixelsSha256 }),
        (error: unknown) => reply(failed(ticket, error)),
      );
      return true;
    }
    case 'close_frame': {
      await pipeline.closeFrame(request.frame);
      reply({ type: 'frame_closed', ticket });
      return true;
    }
    default:
      return false;
  }
}
