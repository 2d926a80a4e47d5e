/** How large a pixel is: by a line along a known length, by a number, or by an objective and camera that a person keeps. */
import { useEffect, useState } from 'preact/hooks';
import { isScale, keepScale, type KnownScale, leastUmPerPx, mostLetters, mostUmPerPx, removeScale, renameScale, scales } from '../../state/scales.ts';
import { words } from './words.ts';
import './scale.css';

interface ScaleUse { hook: string; words: string; take: (umPerPx: number) => void }

interface ScalePanelProps {
  /** Drawn last, px of the picture; null: none. */
  linePx: number | null;
  /** What can be done with a scale, the likeliest first. */
  uses: readonly ScaleUse[];
}

const numberOf = (text: string): number => (text.trim() === '' ? NaN : Number(text.replace(',', '.')));
/** Digits that a line drawn by hand bears, and then some. */
const short = (value: number): string => String(Number(value.toPrecision(4)));

export function ScalePanel({ linePx, uses }: ScalePanelProps) {
  const [line, setLine] = useState('');
  const [length, setLength] = useState('');
  const [size, setSize] = useState('');
  const [name, setName] = useState('');
  const measure = (px: string, um: string): void => {
    setLine(px);
    setLength(um);
    const umPerPx = numberOf(um) / numberOf(px);
    if (isScale(umPerPx)) setSize(short(umPerPx));
  };
  useEffect(() => {
    if (linePx !== null) measure(linePx.toFixed(1).replace(/\.0$/, ''), length);
  }, [linePx]);
  const umPerPx = numberOf(size);
  const can = isScale(umPerPx);
  const keep = (): void => {
    if (!can || name.trim() === '') return;
    keepScale(name, umPerPx);
    setName('');
  };
  return (
    <form
      class="scale-panel small" data-testid="scale-panel" aria-label={words.region}
      onSubmit={(event) => {
        event.preventDefault();
        if (can) uses[0]?.take(umPerPx);
      }}
    >
      <p class="scale-row">
        <Figure name="scale-line" label={words.line} value={line} onInput={(px) => measure(px, length)} />
        <Figure name="scale-length" label={words.length} value={length} onInput={(um) => measure(line, um)} />
        <span class="muted">{words.gives}</span>
        <Figure name="scale-size" label={words.umPerPx} value={size} onInput={setSize} isAfter />
        {uses.map((use, i) => (
          <button key={use.hook} type="button" class={i === 0 && can ? 'main' : ''} data-testid={use.hook} disabled={!can} onClick={() => use.take(umPerPx)}>
            {use.words}
          </button>
        ))}
      </p>
      <div class="scale-row">
        {scales.value.length > 0 && (
          <ul class="scale-list" aria-label={words.known}>
            {scales.value.map((one) => (
              <Known key={one.name} scale={one} onTake={() => setSize(String(one.umPerPx))} />
            ))}
          </ul>
        )}
        <p class="scale-keep">
          <label class="scale-field">
            <span>{words.keepAs}</span>
            <input
              type="text" data-testid="scale-name" maxLength={mostLetters} autocomplete="off" placeholder={words.nameExample} value={name} onInput={(event) => setName(event.currentTarget.value)}
              onKeyDown={(event) => {
                if (event.key !== 'Enter') return;
                // It would take the scale instead.
                event.preventDefault();
                keep();
              }}
            />
          </label>
          <button
            type="button" data-testid="keep-scale" disabled={!can || name.trim() === ''}
            onClick={keep}
          >
            {words.keep}
          </button>
          {scales.value.length === 0 && <span class="muted">{words.none}</span>}
        </p>
      </div>
    </form>
  );
}

function Figure({ name, label, value, onInput, isAfter = false }: { name: string; label: string; value: string; onInput: (value: string) => void; isAfter?: boolean }) {
  const [least, most] = isAfter ? [leastUmPerPx, mostUmPerPx] : [0, 1e6];
  return (
    <label class={`scale-field ${isAfter ? 'after' : ''}`}>
      <span>{label}</span>
      <input type="number" data-testid={name} min={least} max={most} step="any" inputMode="decimal" value={value} onInput={(event) => onInput(event.currentTarget.value)} />
    </label>
  );
}

function Known({ scale: { name, umPerPx }, onTake }: { scale: KnownScale; onTake: () => void }) {
  const [renamed, setRenamed] = useState<string | null>(null);
  if (renamed !== null) {
    const done = (): void => {
      renameScale(name, renamed);
      setRenamed(null);
    };
    return (
      <li data-testid="known-scale">
        <input
          type="text" data-testid="scale-new-name" maxLength={mostLetters} aria-label={words.newName(name)} value={renamed} ref={(input) => { if (input && document.activeElement !== input) input.focus(); }} onInput={(event) => setRenamed(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' && event.key !== 'Escape') return;
            event.preventDefault();
            event.stopPropagation();
            if (event.key === 'Enter') done();
            else setRenamed(null);
          }}
        />
        <button type="button" class="link" data-testid="scale-renamed" onClick={done}>
          {words.keep}
        </button>
      </li>
    );
  }
  return (
    <li data-testid="known-scale" data-um={umPerPx}>
      <button type="button" data-testid="take-scale" onClick={onTake}>
        {words.one(name, umPerPx)}
      </button>
      <button type="button" class="link" data-testid="rename-scale" aria-label={words.renameOne(name)} onClick={() => setRenamed(name)}>
        {words.rename}
      </button>
      <button type="button" class="link" data-testid="remove-scale" aria-label={words.removeOne(name)} onClick={() => removeScale(name)}>
        {words.remove}
      </button>
    </li>
  );
}
