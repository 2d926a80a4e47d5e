/** What a network says of a few pictures, and what it can and cannot give. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { NetworkAnswers } from '../../../src/js/networks.ts';
import { usePictureAddress } from '../../parts/picture_address.ts';
import { formatPercent } from '../../state/format.ts';
import { trial, type Trial, tryPictures } from '../../state/own_network.ts';
import { words } from './words.ts';

export function NetworkTrialView({ said }: { said: NetworkAnswers }) {
  const input = useRef<HTMLInputElement>(null);
  const now = trial.value;
  // What was found last stays until the next is there, so that nothing jumps.
  const [last, setLast] = useState<Extract<Trial, { phase: 'done' }> | null>(null);
  useEffect(() => { if (now.phase !== 'running') setLast(now.phase === 'done' ? now : null); }, [now]);
  const shown = now.phase === 'done' ? now : now.phase === 'running' ? last : null;
  return (
    <section class="network-trial" data-testid="network-trial" data-phase={now.phase === 'done' && now.said !== said ? 'running' : now.phase} aria-busy={now.phase === 'running'}>
      <h3>{words.trial}</h3>
      <div role="status">
        {now.phase === 'running' && <p class="small muted">{words.running}</p>}
        {now.phase === 'failed' && <p class="warning" data-testid="network-trouble">{now.message}</p>}
        {shown && (
          <>
            <div class="network-pictures">
              {shown.outcomes.map(({ picture, outcome }, i) => (
                <TriedPicture key={i} picture={picture} line={lineOf(outcome, shown.said)} />
              ))}
            </div>
            {shown.outcomes.length === 0 && <p class="small muted">{words.noPictures}</p>}
            <ul class="small bullets" data-testid="network-kinds">
              <li data-engine={shown.runtime.engine.kind}>{words.engine(shown.runtime.engine.name, shown.runtime.engineReason)}</li>
              <li data-map={shown.hasMap}>{shown.hasMap ? words.kinds.map : shown.hasFeatures ? words.kinds.features : words.kinds.none}</li>
              <li>{words.noNovelty}</li>
            </ul>
          </>
        )}
      </div>
      <p>
        <button type="button" onClick={() => input.current?.click()}>
          {(shown?.outcomes.length ?? 0) > 0 ? words.chooseOthers : words.choose}
        </button>
        <input ref={input} hidden type="file" multiple accept="image/png,image/jpeg,image/tiff,image/bmp,.tif,.tiff" aria-label={words.choose} data-testid="network-pictures" onChange={(event) => tryPictures([...(event.currentTarget.files ?? [])])} />
      </p>
    </section>
  );
}

function lineOf(outcome: Extract<Trial, { phase: 'done' }>['outcomes'][number]['outcome'], { types }: NetworkAnswers): string {
  if (outcome === undefined) return '';
  if (outcome.status !== 'ok') return words.unread(outcome.message);
  const best = outcome.probabilities.indexOf(Math.max(...outcome.probabilities));
  return words.result(types[best] ?? outcome.label, formatPercent(outcome.probability));
}

function TriedPicture({ picture, line }: { picture: File; line: string }) {
  const address = usePictureAddress(picture);
  return (
    <figure data-testid="network-picture">
      <img src={address} alt="" width="96" height="96" />
      <figcaption class="small">{line}</figcaption>
    </figure>
  );
}
