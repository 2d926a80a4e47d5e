/** Asks what a network's files do not tell, and shows at once what comes of the answers. */
import { useEffect, useState } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { leastSidePx, mostSidePx, type NetworkAnswers, pixelRanges } from '../../../src/js/networks.ts';
import { closeDialog, Dialog, openDialog } from '../../parts/dialog.tsx';
import { messageOf } from '../../state/notice.ts';
import { addNetwork, answer, answers, leaveNetwork, network, trial } from '../../state/own_network.ts';
import { NetworkTrialView } from './network_trial.tsx';
import { words } from './words.ts';
import './network.css';

export function NetworkDialog() {
  const [trouble, setTrouble] = useState('');
  const [isAdding, setAdding] = useState(false);
  const [found, said] = [network.value, answers.value];
  useEffect(() => leaveNetwork, []);
  if (!found || !said) return null;
  const add = async (): Promise<void> => {
    setAdding(true);
    setTrouble('');
    try {
      await addNetwork();
      openDialog('model');
    } catch (error) {
      setTrouble(messageOf(error));
      setAdding(false);
    }
  };
  const { parts } = found;
  const [taken = '', ...others] = parts.outputs;
  return (
    <Dialog name="network" title={words.title}>
      <p class="small">{words.intro(found.fileName)}</p>
      <section class="network-found">
        <h3>{words.found}</h3>
        <ul class="small bullets" data-testid="network-found">
          <li>{words.takes(parts.input.channels, parts.input.heightPx, parts.input.widthPx)}</li>
          <li>{words.gives(parts.values, parts.end)}</li>
          {others.length > 0 && <li>{words.severalOutputs(taken, others)}</li>}
          {parts.end === 'sigmoid' && parts.values !== 1 && <li>{words.sigmoids}</li>}
        </ul>
      </section>
      <Form said={said} />
      <NetworkTrialView said={said} />
      {trouble && <p class="warning" role="alert">{trouble}</p>}
      <p class="project-actions">
        <button type="button" class="main" data-testid="add-network" disabled={isAdding || trial.value.phase !== 'done'} onClick={() => void add()}>
          {words.add}
        </button>
        <button type="button" onClick={closeDialog}>
          {words.cancel}
        </button>
      </p>
    </Dialog>
  );
}

const numbersIn = (text: string): number[] => text.split(/[\s,;]+/).filter((part) => part !== '').map(Number);

function Form({ said }: { said: NetworkAnswers }) {
  const parts = network.value?.parts;
  if (!parts) return null;
  const isKnown = (key: keyof NetworkAnswers): boolean => network.value?.guessed.told[key] === 'network';
  const channels = parts.input.channels === 1 ? (['grey'] as const) : parts.input.channels === 3 ? (['rgb', 'bgr'] as const) : (['rgb', 'bgr', 'grey'] as const);
  return (
    <form class="network-form" onSubmit={(event) => event.preventDefault()}>
      <Field label={words.name} of="title">
        <input type="text" data-testid="network-title" maxLength={80} value={said.title} onChange={(event) => answer({ title: event.currentTarget.value })} />
      </Field>
      <Field label={words.author} of="author" hint={words.authorHint}>
        <input type="text" data-testid="network-author" maxLength={80} value={said.author} onChange={(event) => answer({ author: event.currentTarget.value })} />
      </Field>
      <Field label={words.types} of="types" isWide>
        <textarea data-testid="network-types" rows={Math.min(8, Math.max(2, said.types.length))} value={said.types.join('\n')} onChange={(event) => answer({ types: event.currentTarget.value.split('\n').map((line) => line.trim()).filter((line) => line !== '') })} />
      </Field>
      {!isKnown('sidePx') && (
        <Field label={words.sidePx} of="sidePx">
          <input type="number" data-testid="network-side" min={leastSidePx} max={mostSidePx} value={said.sidePx} onChange={(event) => answer({ sidePx: event.currentTarget.valueAsNumber })} />
        </Field>
      )}
      <Choose label={words.channels} of="channels" value={said.channels} words={Object.fromEntries(channels.map((one) => [one, words.channelsOf[one]])) as Record<NetworkAnswers['channels'], string>} onChoose={(value) => answer({ channels: value })} />
      <Choose label={words.range} of="range" value={said.range} words={Object.fromEntries(pixelRanges.map((one) => [one, words.ranges[one]])) as typeof words.ranges} onChoose={(value) => answer({ range: value })} />
      {said.range === 'own' && (
        <>
          <Field label={words.mean} of="mean">
            <input type="text" data-testid="network-mean" inputMode="decimal" value={said.mean.join(', ')} onChange={(event) => answer({ mean: numbersIn(event.currentTarget.value) })} />
          </Field>
          <Field label={words.spread} of="spread">
            <input type="text" data-testid="network-spread" inputMode="decimal" value={said.spread.join(', ')} onChange={(event) => answer({ spread: numbersIn(event.currentTarget.value) })} />
          </Field>
        </>
      )}
      {!isKnown('layout') && <Choose label={words.layout} of="layout" value={said.layout} words={words.layouts} onChoose={(value) => answer({ layout: value })} />}
      {!isKnown('output') && <Choose label={words.output} of="output" value={said.output} words={words.outputs} onChoose={(value) => answer({ output: value })} />}
      <Choose label={words.crop} of="crop" value={said.crop} words={words.crops} onChoose={(value) => answer({ crop: value })} />
    </form>
  );
}

/** One thing that is asked, with where its answer comes from until a person gives another. */
function Field({ label, of, hint, isWide = false, children }: { label: string; of: keyof NetworkAnswers; hint?: string; isWide?: boolean; children: ComponentChildren }) {
  return (
    <label class={`network-field ${isWide ? 'wide' : ''}`}>
      <span class="small">
        {label} <Origin of={of} />
      </span>
      {children}
      {hint && <span class="small muted">{hint}</span>}
    </label>
  );
}

function Origin({ of }: { of: keyof NetworkAnswers }) {
  const guessed = network.value?.guessed;
  if (!guessed || of === 'title' || of === 'author' || guessed.answers[of] !== answers.value?.[of]) return null;
  const source = guessed.told[of];
  const isGuess = source === undefined;
  return (
    <span class={`origin ${isGuess ? 'guess' : ''}`} data-testid={`origin-${of}`}>
      {isGuess ? words.from.guess : source === 'network' ? words.from.network : words.fromFile(source)}
    </span>
  );
}

interface ChooseProps<Value extends string> { label: string; of: keyof NetworkAnswers; value: Value; words: Record<Value, string>; onChoose: (value: Value) => void }

function Choose<Value extends string>({ label, of, value, words: all, onChoose }: ChooseProps<Value>) {
  return (
    <Field label={label} of={of}>
      <select data-testid={`network-${of}`} value={value} onChange={(event) => onChoose(event.currentTarget.value as Value)}>
        {(Object.keys(all) as Value[]).map((one) => (
          <option key={one} value={one}>
            {all[one]}
          </option>
        ))}
      </select>
    </Field>
  );
}

