/** The whole page: which screen shows, and what works everywhere on it. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { dialog, openDialog } from '../../parts/dialog.tsx';
import { FileInputs, openFilePicker } from '../../parts/file_inputs.tsx';
import { lazily } from '../../parts/lazily.tsx';
import { takeFiles } from '../../parts/take_files.ts';
import '../../state/cell_set.ts';
import { collectDropped, collectPasted } from '../../state/found_files.ts';
import { removeCell } from '../../state/frames.ts';
import { back, forth } from '../../state/history.ts';
import { progress } from '../../state/images.ts';
import { isLive } from '../../state/live.ts';
import { spec } from '../../state/models.ts';
import { atRisk, hurry } from '../../state/projects.ts';
import { isTeaching } from '../../state/teaching.ts';
import { answerOfKey } from '../../state/review_keys.ts';
import { pending, select, selected } from '../../state/reviewing.ts';
import { blind, closeDetails, detailsMapOn, isSheet, layout, mapOn, openCell, openIndex, reviewing, shown } from '../../state/view.ts';
import { Details } from '../details/details.tsx';
import { FrameLayout, useFrameOfDetails } from '../frame/frame_view.tsx';
import { BatchBanner, Scale, Suggestions } from '../results/batch_banner.tsx';
import { OtherModel } from '../results/other_model.tsx';
import { ErrorSlider } from '../results/error_slider.tsx';
import { TypesChoice } from '../results/types_choice.tsx';
import { Gallery } from '../results/gallery.tsx';
import { ProgressBar } from '../results/progress_bar.tsx';
import { RepeatedImages } from '../results/repeated_images.tsx';
import { ResultsTable } from '../results/results_table.tsx';
import { Summary, TypeBar } from '../results/summary.tsx';
import { Toolbar } from '../results/toolbar.tsx';
import { UnreadFiles } from '../results/unread_files.tsx';
import { ReviewBar } from '../review/review_bar.tsx';
import { SelectionBar } from '../review/selection_bar.tsx';
import { AwayFiles } from '../project/project_chip.tsx';
import { StartScreen } from '../start/start_screen.tsx';
import { Dialogs } from './dialogs.tsx';
import { Footer } from './footer.tsx';
import { Header } from './header.tsx';
import { Announcer, Messages } from './messages.tsx';
import { UpdateLine } from './update_line.tsx';
import { words } from './words.ts';

const Paper = lazily(async () => (await import('../paper/paper.tsx')).Paper);
const TeachView = lazily(async () => (await import('../teach/teach_view.tsx')).TeachView);
const LiveView = lazily(async () => (await import('../live/live_view.tsx')).LiveView);
const MeasurePanel = lazily(async () => (await import('../measure/measure_panel.tsx')).MeasurePanel);

export function App() {
  const dragged = useFileDrops();
  useFilePaste();
  useKeys();
  useLeaveGuard();
  useFrameOfDetails();
  const started = progress.value.total > 0;
  const teaches = isTeaching.value;
  const live = isLive.value;
  const detailsOpen = openCell.value !== null && !teaches && !live;
  const covered = detailsOpen && isSheet.value;
  useBackCloses(covered);
  return (
    <div class={`page ${started || teaches || live ? 'results' : 'start'} ${detailsOpen ? 'with-details' : ''}`}>
      {started && !teaches && !live && (
        <button type="button" class="skip-link" data-testid="skip" inert={covered} onClick={skipToCells}>
          {words.skip}
        </button>
      )}
      <Header inert={covered} />
      <main inert={covered}>
        <Messages />
        <UpdateLine />
        {live ? <LiveView /> : teaches ? <TeachView /> : started ? <Results /> : <StartScreen />}
      </main>
      {covered && <div class="sheet-backdrop" onClick={closeDetails} />}
      {detailsOpen && <Details />}
      <Footer inert={covered} />
      <FileInputs />
      <Announcer />
      <Dialogs />
      {dragged && (
        <div class="drop-hint" aria-hidden="true">
          <p>{teaches ? words.dropToTeach : words.dropHint}</p>
        </div>
      )}
    </div>
  );
}

function Results() {
  const heading = useRef<HTMLHeadingElement>(null);
  // What was pressed to come here is gone, and the focus with it.
  useEffect(() => {
    if (document.activeElement === document.body) heading.current?.focus();
  }, []);
  return (
    <>
      <h1 class="visually-hidden" tabIndex={-1} ref={heading}>
        {words.results}
      </h1>
      <ProgressBar />
      {spec.value?.caution && (
        <p class="caution small" data-testid="caution">
          {spec.value.caution}
        </p>
      )}
      <BatchBanner />
      <OtherModel />
      <Scale />
      <AwayFiles />
      <UnreadFiles />
      <RepeatedImages />
      <Suggestions />
      {!blind.value && <TypeBar />}
      <Folded>
        {!blind.value && <Summary />}
        {!reviewing.value && (
          <div class="asked">
            <ErrorSlider />
            <TypesChoice />
          </div>
        )}
      </Folded>
      {!blind.value && <Toolbar />}
      {reviewing.value && <ReviewBar />}
      {blind.value ? <Gallery /> : layout.value === 'frame' ? <FrameLayout /> : layout.value === 'gallery' ? <Gallery /> : layout.value === 'measure' ? <MeasurePanel /> : layout.value === 'paper' ? <Paper /> : <ResultsTable />}
      {(reviewing.value || layout.value === 'frame') && <SelectionBar />}
    </>
  );
}

/** On a phone the cells come first, and this is a press away. */
function Folded({ children }: { children: ComponentChildren }) {
  if (!isSheet.value) return <>{children}</>;
  return (
    <details class="folded" data-testid="folded">
      <summary>{words.types}</summary>
      {children}
    </details>
  );
}

/** Files may be dropped anywhere in the window. Returns whether files hover over it now. */
function useFileDrops(): boolean {
  const [dragged, setDragged] = useState(false);
  /** Enter and leave come in pairs for every element passed. */
  const depth = useRef(0);
  useEffect(() => {
    const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;
    const setDepth = (value: number): void => {
      depth.current = Math.max(0, value);
      setDragged(depth.current > 0);
    };
    const enter = (event: DragEvent): void => {
      if (hasFiles(event)) setDepth(depth.current + 1);
    };
    const leave = (event: DragEvent): void => {
      if (hasFiles(event)) setDepth(depth.current - 1);
    };
    const over = (event: DragEvent): void => {
      if (hasFiles(event)) event.preventDefault();
    };
    const drop = (event: DragEvent): void => {
      setDepth(0);
      // A place of its own took them.
      if (!hasFiles(event) || !event.dataTransfer || event.defaultPrevented) return;
      event.preventDefault();
      void collectDropped(event.dataTransfer).then(takeFiles);
    };
    return listen({ dragenter: enter, dragleave: leave, dragover: over, drop });
  }, []);
  return dragged;
}

function useFilePaste(): void {
  const count = useRef(0);
  useEffect(
    () =>
      listen({
        paste: (event) => {
          if (!event.clipboardData || event.clipboardData.files.length === 0) return;
          event.preventDefault();
          const found = collectPasted(event.clipboardData, count.current);
          count.current += found.files.length;
          void takeFiles(found);
        },
      }),
    [],
  );
}

function useKeys(): void {
  useEffect(
    () =>
      listen({
        keydown: (event) => {
          const target = event.target as HTMLElement;
          const isTyping = target.matches('input:not([type=checkbox], [type=radio], [type=range]), select, textarea');
          if (isTyping || dialog.value !== null || event.altKey || event.defaultPrevented) return;
          const act = event.ctrlKey || event.metaKey ? stepKey(event) : (isTeaching.value || isLive.value ? undefined : reviewKey(event)) ?? keyActions[event.key];
          if (!act) return;
          event.preventDefault();
          act();
        },
      }),
    [],
  );
}

/** The cell whose details are open, where it is one of a frame. */
function removeOpenCell(): void {
  const place = openCell.value?.inFrame;
  // Who looks through the cells says that it is none, which can be seen.
  if (place && !reviewing.value) removeCell(place.frame, place.id);
}

const keyActions: Record<string, () => void> = {
  o: openFilePicker,
  m: () => {
    const inFront = openIndex.value === null ? mapOn : detailsMapOn;
    inFront.value = !inFront.value;
  },
  '/': () => document.getElementById('search')?.focus(),
  '?': () => openDialog('keys'),
  Escape: closeDetails,
  Delete: removeOpenCell,
  Backspace: removeOpenCell,
};

/** Steps back and forth, and all cells of the gallery chosen. */
function stepKey({ key, shiftKey }: KeyboardEvent): (() => void) | undefined {
  if (key === 'a' && reviewing.value && layout.value === 'gallery') return () => select(shown.value.map(({ index }) => index));
  if (key.toLowerCase() === 'z') return shiftKey ? forth : back;
  return key === 'y' ? forth : undefined;
}

/** Answers while a person looks through the cells; a button that has the focus keeps its own keys. */
function reviewKey({ key, target }: KeyboardEvent): (() => void) | undefined {
  const model = spec.value;
  const element = target as HTMLElement;
  const isTile = element.matches('[role=option]');
  if (!reviewing.value || !model || (openIndex.value === null && selected.value.size === 0 && !isTile)) return undefined;
  // What is chosen by keys keeps them; letters choose nothing in a list of boxes.
  if (element.matches('select, input[type=range]') || (element.matches('input') && !/^[a-z]$/i.test(key))) return undefined;
  if (key === 'Escape' && pending.value) return () => (pending.value = null);
  if (key === 'Escape' && selected.value.size > 0) return () => select([]);
  if ((key === 'Enter' || key === ' ') && (isTile || element.matches('button, summary, a'))) return undefined;
  return answerOfKey(key, model);
}

/** Asks before results are lost. */
function useLeaveGuard(): void {
  const something = atRisk.value;
  // What a person did a moment ago is written while the browser asks.
  useEffect(() => listen({ beforeunload: (event) => { if (hurry() || something) event.preventDefault(); } }), [something]);
}

/** On a phone the way back leads from the details to the cells, not off the page. */
function useBackCloses(covered: boolean): void {
  useEffect(() => {
    if (!covered) return;
    let left = false;
    history.pushState({ sheet: true }, '');
    const off = listen({
      popstate: () => {
        left = true;
        closeDetails();
      },
    });
    return () => {
      off();
      if (!left) history.back();
    };
  }, [covered]);
}

/** To the cells, past everything that stands before them. */
function skipToCells(): void {
  document.querySelector<HTMLElement>('.gallery [tabindex="0"], .results-table tbody [tabindex="0"], [data-testid=frame-canvas]')?.focus();
}

type Listeners = { [Kind in keyof WindowEventMap]?: (event: WindowEventMap[Kind]) => void };

/** Adds listeners to the window. Returns what removes them. */
function listen(listeners: Listeners): () => void {
  const off = new AbortController();
  for (const [kind, listener] of Object.entries(listeners)) window.addEventListener(kind, listener as EventListener, { signal: off.signal });
  return () => off.abort();
}
