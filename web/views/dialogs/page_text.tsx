/** Texts of this site in a panel: what the tool may be used for, and the card of a model. */
import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Dialog, openDialog } from '../../parts/dialog.tsx';
import { cardOf } from '../../state/added_models.ts';
import { chosenName, listings } from '../../state/models.ts';
import { messageOf } from '../../state/notice.ts';
import { fetchSiteFile } from '../../state/site.ts';
import { Markdown, type Section, sectionsOf } from './markdown.tsx';
import { ModelFacts } from './model_facts.tsx';
import { words } from './words.ts';

const aboutModel = signal<string | null>(null);

/** The card of a model, of the one in use unless told. */
export function openAbout(name = chosenName.value): void {
  aboutModel.value = name;
  openDialog('about');
}

export function UseDialog() {
  return (
    <SiteText name="use" title={words.use}>
      <p class="small">
        <button type="button" class="link" data-testid="licences" onClick={() => openDialog('licences')}>
          {words.licences}
        </button>
      </p>
    </SiteText>
  );
}

export function WhyDialog() {
  return <SiteText name="why" title={words.why} />;
}

/** What others made, each with its notice. */
export function LicencesDialog() {
  const { sections, trouble } = useSiteText(new URL('licences.md', document.baseURI));
  return (
    <Dialog name="licences" title={words.licences}>
      {trouble && <p role="alert">{trouble}</p>}
      <div class="notices">
        {sections.map(({ title, lines }) =>
          title === '' ? (
            <Markdown key={title} lines={lines} />
          ) : (
            <details key={title} class="text">
              <summary>{title}</summary>
              <Markdown lines={lines} />
            </details>
          ),
        )}
      </div>
    </Dialog>
  );
}

/** docs/NAME.md */
function SiteText({ name, title: heading, children }: { name: 'use' | 'why'; title: string; children?: ComponentChildren }) {
  const { sections, trouble } = useSiteText(new URL(`${name}.md`, document.baseURI));
  return (
    <Dialog name={name} title={heading}>
      {trouble && <p role="alert">{trouble}</p>}
      {sections.map(({ title, lines }) => (
        <section key={title} class="text">
          {title !== '' && <h3>{title}</h3>}
          <Markdown lines={lines} />
        </section>
      ))}
      {children}
    </Dialog>
  );
}

export function AboutDialog() {
  const spec = listings.value.find(({ name }) => name === aboutModel.value)?.spec;
  const { sections, trouble } = useText(`model ${aboutModel.value}`, () => cardOf(aboutModel.value ?? ''));
  if (!spec) return null;
  const { firstRead } = words.about;
  const parts = [...sections].sort((a, b) => Number(firstRead.includes(b.title)) - Number(firstRead.includes(a.title)));
  return (
    <Dialog name="about" title={words.about.title(spec.title)}>
      {spec.caution && <p class="caution small">{spec.caution}</p>}
      {trouble && <p role="alert">{trouble}</p>}
      {parts.map(({ title, lines }) =>
        title === '' ? (
          <section key={title} class="text">
            <Markdown lines={lines} />
          </section>
        ) : (
          <details key={title} class="text" open={firstRead.includes(title)}>
            <summary>{title}</summary>
            <Markdown lines={lines} />
          </details>
        ),
      )}
      <details class="text">
        <summary>{words.about.facts}</summary>
        <ModelFacts spec={spec} />
      </details>
      <p class="small">
        <button type="button" class="link" onClick={() => openDialog('use')}>
          {words.use}
        </button>
      </p>
    </Dialog>
  );
}

function useSiteText(address: URL): ReturnType<typeof useText> {
  return useText(address.href, async () => (await fetchSiteFile(address)).text());
}

/** Args: of: by which the text is known. */
function useText(of: string, read: () => Promise<string>): { sections: Section[]; trouble: string } {
  const [sections, setSections] = useState<Section[]>([]);
  const [trouble, setTrouble] = useState('');
  useEffect(() => {
    read().then((text) => setSections(sectionsOf(text)), (error: unknown) => setTrouble(messageOf(error)));
  }, [of]);
  return { sections, trouble };
}
