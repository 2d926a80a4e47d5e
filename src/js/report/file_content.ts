/** What a file says beside its pixels, in words: for the page's inspector and the command line. Never part of an export of results. */
import type { FileContent, FileTag } from '#cytodrop_core';
import type { Series } from '#cytodrop_formats';

/** Said wherever tags are shown. */
export const staysHere = 'All of this stays on this computer. None of it is in any export, and pictures that are saved hold none of it.';

/** What each mark warns of. */
export const markWords: Record<Exclude<FileTag['mark'], ''>, string> = {
  place: 'place', person: 'person', time: 'date or time', device: 'this very device', text: 'free text',
};

/** What the file says of its pixels, as names with values; `null`: it is no image that is read. */
export function fileFactsOf({ facts }: FileContent): [string, string][] | null {
  if (facts === null) return null;
  const { format, width_px, height_px, channels, bits_per_channel, pages, page_channels, images_stated, pixel_size_um, pixel_size_source, series = [] } = facts;
  const isOneOfKind = series.length <= 1 && series.every(({ z, t, channels, levels }) => z === 1 && t === 1 && channels.length === 1 && levels.length === 1);
  return [
    ['Format', format],
    ['Image', `${width_px} × ${height_px} px`],
    ['Samples', `${channels} a pixel, of ${bits_per_channel} bits`],
    ...(pages > 1 && isOneOfKind ? [['Pages', String(pages)] as [string, string]] : []),
    ...(images_stated > 0 ? [['Images', `the file says it has ${images_stated}; the others cannot be reached`] as [string, string]] : []),
    ...(page_channels > 1 && isOneOfKind ? [['Channels', String(page_channels)] as [string, string]] : []),
    ['Pixel size', pixel_size_um === null ? 'not in the file' : `${micrometres(pixel_size_um)}, from ${pixel_size_source}`],
    ...(isOneOfKind ? [] : seriesFactsOf(series)),
  ];
}

/** Of more a person asks for the JSON. */
const mostSeries = 100;
const mostChannels = 40;

const micrometres = (um: number): string => `${Number(um.toPrecision(4))} µm`;

/** What each series of a file is, as names with values. */
function seriesFactsOf(series: readonly Series[]): [string, string][] {
  const told = series.slice(0, mostSeries).map((one, i): [string, string] => [`Series ${i + 1}${one.name === '' ? '' : ` (${one.name})`}`, seriesWords(one)]);
  return series.length > mostSeries ? [...told, ['Series', `${series.length} in all`]] : told;
}

function seriesWords({ levels, channels, z, t, x_um, y_um, z_um }: Series): string {
  const [full, ...smaller] = levels.map(({ width_px, height_px }) => `${width_px} × ${height_px} px`);
  const names = channels.slice(0, mostChannels).map(({ name, wavelength_nm }, i) => `${name === '' ? i + 1 : name}${wavelength_nm === null ? '' : ` (${Math.round(wavelength_nm)} nm)`}`);
  const size = x_um === null ? [] : [y_um === null || y_um === x_um ? `${micrometres(x_um)} per px` : `${micrometres(x_um)} by ${micrometres(y_um)} per px`];
  return [
    full, ...size, ...(channels.length > 1 || channels[0]?.name !== '' ? [`${channels.length === 1 ? 'channel' : 'channels'} ${names.join(', ')}${channels.length > mostChannels ? ' and more' : ''}`] : []),
    ...(z > 1 ? [`${z} planes along z${z_um === null ? '' : `, ${micrometres(z_um)} apart`}`] : []), ...(t > 1 ? [`${t} points in time`] : []),
    ...(smaller.length > 0 ? [`smaller copies of ${smaller.join(', ')}`] : []),
  ].join('; ');
}

/** How many tags may tell who, where, when or with which device; one sentence. */
export function identifyingWords({ tags }: FileContent): string {
  if (tags.length === 0) return 'The file says nothing beside its pixels.';
  const count = tags.filter(({ mark }) => mark !== '').length;
  const all = tags.length === 1 ? 'one tag' : `${tags.length} tags`;
  if (count === 0) return `The file has ${all}; none of a kind that tells of a person, a place, a time or one very device.`;
  return `The file has ${all}; ${count === 1 ? 'one' : count} marked ⚑ may tell who made it, where, when or with which device.`;
}

/** Tags by their groups, in the order of the file. */
export function groupsOf({ tags }: FileContent): [string, FileTag[]][] {
  const groups = new Map<string, FileTag[]>();
  for (const tag of tags) groups.set(tag.group, [...(groups.get(tag.group) ?? []), tag]);
  return [...groups];
}

/** As the command line writes it: values may have several lines, which are drawn in. */
export function contentText(content: FileContent): string {
  const facts = fileFactsOf(content)?.map(([name, value]) => `${name}: ${value}`) ?? [`Not read as an image: ${content.problem}`];
  const tags = groupsOf(content).flatMap(([group, list]) => [
    '', group, ...list.map(({ name, value, mark }) => `  ${name}${mark === '' ? '' : ` [${markWords[mark]}]`}: ${value.replaceAll('\n', '\n    ')}`),
  ]);
  return [...facts, '', identifyingWords(content).replace('marked ⚑', 'marked in brackets'), ...content.notes, ...tags].join('\n');
}
