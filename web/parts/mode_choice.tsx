/** What an image is: one cell, or a whole field of view whose cells are named or only counted. */
import { chooseMode } from '../state/adding.ts';
import { naming, rememberMode } from '../state/frame_store.ts';
import { mode, type Mode } from '../state/mode.ts';
import { Choice } from './choice.tsx';
import { words } from './words.ts';

function choose(chosen: Mode | 'count'): void {
  if (chosen === 'count') chooseMode('fields', false);
  else chooseMode(chosen);
  rememberMode();
}

export function ModeChoice() {
  const value = mode.value === 'fields' && !naming.value ? 'count' : mode.value;
  return <Choice<Mode | 'count'> name="mode" label={words.mode.label} value={value} words={words.mode.values} onChoose={choose} />;
}
