/** Objectives and cameras that a person keeps, each with the size of a pixel that they give together; on this computer only. */
import { signal } from '@preact/signals';
import { remember, remembered } from './remembered.ts';

export interface KnownScale { name: string; umPerPx: number }

/** µm per px that the page takes. */
export const [leastUmPerPx, mostUmPerPx] = [0.001, 1000];

export function isScale(umPerPx: number): boolean {
  return umPerPx >= leastUmPerPx && umPerPx <= mostUmPerPx;
}

const scalesKey = 'scales';
const mostScales = 50;
/** Of a name. */
export const mostLetters = 60;

export const scales = signal<readonly KnownScale[]>(rememberedScales());

/** As far as it is what such a list can be. */
function rememberedScales(): KnownScale[] {
  try {
    const known = JSON.parse(remembered(scalesKey) ?? '[]') as unknown[];
    return known.filter((one): one is KnownScale => {
      const { name, umPerPx } = (one ?? {}) as Partial<KnownScale>;
      return typeof name === 'string' && name.length <= mostLetters && typeof umPerPx === 'number' && isScale(umPerPx);
    }).slice(0, mostScales);
  } catch {
    return [];
  }
}

function keep(list: readonly KnownScale[]): void {
  scales.value = list;
  remember(scalesKey, list.length > 0 ? JSON.stringify(list) : null);
}

/** One of the same name gives way; the list stays in its order. */
export function keepScale(name: string, umPerPx: number): void {
  const named = { name: name.trim().slice(0, mostLetters), umPerPx };
  if (named.name === '' || !isScale(umPerPx)) return;
  const at = scales.value.findIndex((one) => one.name === named.name);
  keep(at < 0 ? [...scales.value, named].slice(-mostScales) : scales.value.with(at, named));
}

/** A name that another has already is not given. */
export function renameScale(from: string, to: string): void {
  const name = to.trim().slice(0, mostLetters);
  if (name === '' || scales.value.some((one) => one.name === name)) return;
  keep(scales.value.map((one) => (one.name === from ? { ...one, name } : one)));
}

export function removeScale(name: string): void {
  keep(scales.value.filter((one) => one.name !== name));
}
