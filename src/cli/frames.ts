/** What the command line makes of frames with many cells: the cells as text, their outlines as files, or the count of a culture. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Task } from './main.ts';
import {
  type Chamber, type Classifier, type Countable, countCulture, type ExportContext, exportCount, type ExportFormat, frameFileName, type FrameOptions, type FrameRecord, framesHead,
  framesRecord, framesTail, type ModelSpec, scalingFor, type SearchSettings, toGeoJson, toRoiZip,
} from '../js/index.ts';

export interface FrameJob {
  frames: Omit<FrameOptions, 'search'>;
  /** What to search for where this model names the cells. Raises: UsageError. */
  searchIn: (spec: ModelSpec) => SearchSettings;
  /** Folders that receive a file for each frame. */
  geojson: string | undefined;
  rois: string | undefined;
  /** Write the count instead of the cells; `chamber` null: shares only. */
  count: { chamber: Chamber | null } | undefined;
}

/**
 * Args:
 *   warn: told each sentence that a person must know, once.
 */
export function frameTask(classifier: Classifier, job: FrameJob, format: ExportFormat, context: () => ExportContext, warn: (sentence: string) => void): Task<FrameRecord> {
  const { spec } = classifier;
  const { possible, warning } = scalingFor(spec, null);
  if (!possible && warning !== null) warn(warning);
  const frames = { ...job.frames, search: job.searchIn(spec), classify: job.frames.classify && possible };
  const said = new Set<string>();
  const counted: Countable[] = [];
  return {
    results: (paths, signal) => classifier.analyseFrames(paths, { ...frames, signal }),
    head: () => (job.count ? '' : framesHead(format, context())),
    record: async (record, position) => {
      if (record.status === 'ok') {
        const sentence = frames.classify ? scalingFor(spec, record.settings.pixel_size_um).warning : null;
        if (sentence !== null && !said.has(sentence)) warn(sentence);
        said.add(sentence ?? '');
        if (job.geojson !== undefined) await put(job.geojson, `${frameFileName(record, context())}.geojson`, toGeoJson(record, context()));
        if (job.rois !== undefined) await put(job.rois, `${frameFileName(record, context())}.zip`, toRoiZip(record, context()));
      }
      if (!job.count) return framesRecord(format, record, position, context());
      // Of thousands of frames only what is counted is kept.
      counted.push(record.status === 'ok' ? { status: 'ok', cells: record.cells.map(({ verdict }) => (verdict ? { verdict: { label: verdict.label, unsure: verdict.unsure, foreign: verdict.foreign } } : {})) } : record);
      return '';
    },
    tail: () => (job.count ? exportCount(format, countCulture(counted, spec, job.count.chamber), job.count.chamber, context()) : framesTail(format)),
  };
}

async function put(folder: string, name: string, content: string | Uint8Array): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), content);
}
