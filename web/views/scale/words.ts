/** The words around the size of a pixel. */
const four = (value: number): string => value.toLocaleString(undefined, { maximumSignificantDigits: 4 });

export const words = {
  region: 'Scale',
  line: 'Line, px',
  length: 'is so long, µm',
  gives: 'gives',
  umPerPx: 'µm per px',
  known: 'Objectives and cameras',
  none: 'Keep what you entered under a name, such as “40×, camera A”, to have it at hand the next time.',
  keepAs: 'Keep as',
  keep: 'Keep',
  nameExample: '40×, camera A',
  one: (name: string, umPerPx: number) => `${name}, ${four(umPerPx)} µm per px`,
  renameOne: (name: string) => `Rename ${name}`,
  removeOne: (name: string) => `Remove ${name}`,
  rename: 'Rename',
  remove: 'Remove',
  newName: (name: string) => `New name of ${name}`,
};
