/** The panel that is open. */
import { dialog } from '../../parts/dialog.tsx';
import { lazily } from '../../parts/lazily.tsx';
import { CheckDialog } from '../dialogs/check_dialog.tsx';
import { FileDialog } from '../dialogs/file_contents.tsx';
import { KeysDialog } from '../dialogs/keys_dialog.tsx';
import { ModelDialog } from '../dialogs/model_dialog.tsx';
import { AboutDialog, LicencesDialog, UseDialog, WhyDialog } from '../dialogs/page_text.tsx';
import { PrivacyDialog } from '../dialogs/privacy_dialog.tsx';
import { ProjectDialog } from '../project/project_dialog.tsx';
import { ExportDialog } from '../results/export_dialog.tsx';

const all = {
  model: ModelDialog, privacy: PrivacyDialog, keys: KeysDialog, check: CheckDialog, file: FileDialog, export: ExportDialog, project: ProjectDialog, use: UseDialog, licences: LicencesDialog, why: WhyDialog, about: AboutDialog, network: lazily(async () => (await import('../network/network_dialog.tsx')).NetworkDialog),
};

export function Dialogs() {
  if (dialog.value === null) return null;
  const Open = all[dialog.value];
  return <Open key={dialog.value} />;
}
