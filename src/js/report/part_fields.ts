/** Which part of a file a frame is, as exports tell it: only what there was to choose, so that a frame that is all of its file says nothing. */
import type { Box } from '#cytodrop_core';
import { type PlaneNumbers, planeNumbers } from '../core/file_parts.ts';
import type { FrameAnalysis, FrameRecord } from '../frames/frame.ts';

/** Numbers are from 1; the region is in px of the level. */
export interface PartFields extends PlaneNumbers { level?: number; overview?: true; region?: Box; projection?: 'max' | 'mean' }

export function partFields({ facts: { file }, choice: { level = 0, overview, region, projection } }: Pick<FrameAnalysis, 'facts' | 'choice'>): PartFields {
  const { z, ...plane } = file ? planeNumbers(file) : {};
  return {
    ...plane, ...(z !== undefined && projection === undefined && { z }),
    ...(level > 0 && { level: level + 1 }),
    ...(overview && { overview }),
    ...(region && { region: { left_px: region.left_px, top_px: region.top_px, width_px: region.width_px, height_px: region.height_px } }),
    ...(projection && { projection }),
  };
}

/** Whether the rows of some frames are to have columns for them. */
export function hasParts(records: readonly FrameRecord[]): boolean {
  return records.some((record) => record.status === 'ok' && Object.keys(partFields(record)).length > 0);
}

/** Columns of a CSV file for which plane an image is; undefined: of the head, or of one that could not be read. */
export function planeColumns({ series, z, t, channel_name }: PlaneNumbers = {}): Record<string, string> {
  return { series: String(series ?? ''), z: String(z ?? ''), t: String(t ?? ''), channel_name: channel_name ?? '' };
}

/** Columns of a CSV file for them; undefined: of the head, or of a frame that could not be read. */
export function partColumns(analysis: FrameAnalysis | undefined): Record<string, string> {
  const fields: PartFields = analysis ? partFields(analysis) : {};
  const { level, overview, region, projection } = fields;
  const text = (value: number | string | boolean | undefined): string => String(value ?? '');
  return {
    ...planeColumns(fields), level: text(level), overview: text(overview), region_left_px: text(region?.left_px), region_top_px: text(region?.top_px),
    region_width_px: text(region?.width_px), region_height_px: text(region?.height_px), projection: text(projection),
  };
}

/** From px of a frame to px of the whole picture at full size, on which other programs lay outlines. */
export function toFullSize({ facts: { file }, choice: { level = 0, region } }: Pick<FrameAnalysis, 'facts' | 'choice'>): (point: [number, number]) => [number, number] {
  const levels = file?.series[file.place.series]?.levels ?? [];
  const [full, own] = [levels[0], levels[level]];
  const [across, down] = full && own ? [full.width_px / own.width_px, full.height_px / own.height_px] : [1, 1];
  const { left_px = 0, top_px = 0 } = region ?? {};
  return ([x, y]) => [(x + left_px) * across, (y + top_px) * down];
}
