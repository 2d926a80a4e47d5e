/** The library's public interface: what `import … from 'cytodrop'` gives. */
export type {
  Agreement, Box, Comparison, Deletion, DetectedCells, DetectSettings, DisplayRange, ErrorCode, FileContent, FileTag, ImageFacts, Kappa, LabelledCells, Measured, Measurement, QualityFlag, ShareEstimate, TagMark,
  TypeMeasurement,
} from '#cytodrop_core';

// The front door.
export { type Slide } from './work/slide.ts';
export { Classifier, type ClassifierOptions, type FrameRunOptions, type LoadOptions, type RunOptions } from './work/classifier.ts';
export type { Images } from './work/line.ts';
export { defaultJobs } from './work/crew.ts';
export { type ClassifyOptions, type Found, Frame, type OpenFrame, type Progress } from './work/frame.ts';
export { Encoder } from './work/encoder.ts';
export { probabilitiesOf, type QuickHead, type ShowFrameOptions, Teacher, type TeacherOptions } from './work/teacher.ts';
export { type AskedModel, type SeenImage, type WhichModel, whichModel, type WhichModelOptions } from './work/which_model.ts';
export { Inspector } from './work/inspector.ts';
export type { ModelFolder, ModelSource, NamedImage } from './work/sources.ts';
export type { ImageSource } from './platform/platform.ts';
export { checkModel, isShipped, listModels, readFile, readModelFile, readSpec, readSpecAndSum } from './work/sources.ts';
export { CytodropError, type UnreadFile, unreadFile } from './core/errors.ts';
export { sha256 } from './core/sha256.ts';
export { WorkerDied, WorkerHung } from './work/pool.ts';

// Models.
export { type EngineFacts, type EngineKind, engineKinds } from './core/engine.ts';
export { canCompare, type ElsewhereMetrics, leastImageScale, type ModelClass, type ModelListing, type ModelMetrics, type ModelSpec, mostImageScale } from './model/spec.ts';
export { hasMap } from './model/spec.ts';
export type { DetectorName } from './core/core.ts';
export { type DetectorFacts, detectorOf, type DetectorSpec } from './model/detector.ts';
export { type EncoderNetwork, type EncoderSpec, featureCount } from './model/encoder.ts';

// Teaching new types.
export { canStartFrom, type TeachBase } from './teach/base.ts';
export type { ExamineOptions } from './teach/examination.ts';
export type { CrossValidated, Examination, TeachingWarning } from './teach/examined.ts';
export type { Lesson, ShownCell, TaughtType } from './teach/lessons.ts';
export { type Filed, filedByFolder, typeId, typesNamed } from './teach/folders.ts';
export type { AboutModel } from './teach/taught_model.ts';
export { type GroupedBy, verdictWords, type WarningWords, warningWords } from './teach/words.ts';

// What becomes of an image of one cell.
export { allChecks, type Checked, type Checks, noChecks, type SecondOpinion, turnsDisagree } from './classify/checks.ts';
export { type Batch, type BatchDifference, carefulBelow } from './classify/batch.ts';
export { isMisfit, leastToTell, type ModelAnswer } from './classify/fit.ts';
export { estimateShares } from './classify/shares.ts';
export type { RuntimeFacts } from './classify/engines.ts';
export { poissonInterval, wilsonInterval } from './classify/intervals.ts';
export type { CellRecord, CellVerdict, ClassifiedCell, Outcome, StageTimes } from './classify/outcome.ts';
export type { SelfTest } from './classify/self_test.ts';
export { asAsked, type Asked, kindOf, riskCoverage, type RiskPoint, thresholdFor, typesOf, type VerdictKind } from './classify/verdict.ts';

// What becomes of a frame with many cells.
export { carryOver, cellByHand, middleOf, overlap } from './frames/cells.ts';
export { type Chamber, correctedShare, type Countable, countCulture, type CultureCount, type Estimate } from './frames/count.ts';
export { type ImageFileFacts, isSlide, mostPixels, overviewLevel, pageOf, type Place, regionAt } from './core/file_parts.ts';
export { type FrameAnalysis, type FrameCell, type FrameChoice, type FrameFacts, type FrameOutcome, type FrameRecord, choiceOfKey, type Morphometry, pictureKey, wholeFile } from './frames/frame.ts';
export { type CellScaling, defaultSearch, type FrameOptions, type FrameSquare, leftToLook, type Looked, type LookedSetting, scalingFor, searchFor, searchMethods, type SearchSettings, withLook } from './frames/search.ts';

// How good a model is on cells of known type.
export { type Accounting, type Grouping, type Measurable, MeasuredCells } from './measure/measured_cells.ts';
export { type LabelColumns, type Labels, readHeads, readLabels, type Truth, truthByFolder, truthByLabels } from './measure/truth.ts';
export { typeNamer } from './measure/type_names.ts';
export { atThreshold, type CellShare, type Thresholded } from './measure/threshold.ts';
export type { ShareQuestion, TypeShares } from './work/share_estimates.ts';
export { Measurer, type Stratum, usualDraws } from './work/measurer.ts';

// What people say of cells.
export { agreementMatrix, type Answer, isConfirmed, isEmptyReview, noReview, type Review, type ReviewOrigin, type ReviewOutcome, reviewOrigins, reviewOutcomes } from './review/review.ts';

// Projects.
export { cellKey, frameOfKey, type GroupTable, type HandOptions, type Project, type ProjectFrame, type ProjectHead, type ProjectImage, type ProjectLabels, projectSchema, type ProjectSettings, type TaughtCells, type ProjectTeaching, type Sample, type TeachGrouping } from './project/project.ts';
export { projectEnding, projectFileName, type ReadProject, readProject, writeProject } from './project/project_file.ts';
export { countsOf, resultsOf, reviewsOf } from './project/project_results.ts';

// Results as files, and reports that can be checked.
export { batchWords, differenceWords } from './report/batch_words.ts';
export { type CheckedColumns } from './report/checked_fields.ts';
export { cellsPieces, type ExportContext, type ExportFormat, exportHead, exportRecord, exportTail, researchNote, type Selection, toCsv, toJson, toNdjson } from './report/export_cells.ts';
export { type ComparedModels, type MeasurementContext, measurementCsv, measurementJson } from './report/export_measurement.ts';
export { exportCount } from './report/export_count.ts';
export { exportFrames, framesHead, framesPieces, framesRecord, framesTail } from './report/export_frames.ts';
export { contentText, fileFactsOf, groupsOf, identifyingWords, markWords, staysHere } from './report/file_content.ts';
export { geoJsonPieces, toGeoJson } from './report/geojson.ts';
export { frameFileName } from './report/outlines.ts';
export { classShapes } from './report/palette.ts';
export type { Provenance } from './report/provenance.ts';
export { readReport } from './report/read_report.ts';
export { checkLines, checkReport, type CheckResult, checkWords, type Difference, type ModelsNow, type Report } from './report/report.ts';
export { roiZipPieces, toRoiZip } from './report/rois.ts';
export { crc32, zip, type ZipEntry, zipPieces } from './report/zip.ts';
export { schemaNames } from './report/schema_names.ts';
export { appVersion, commit } from './report/version.ts';

// Folders and requests, where a caller wants to do as the page does.
export { isOfZarr, isZarrArchive, isZarrFolder, zarrFile, zarrFoldersOf } from './core/zarr_folder.ts';
export { comparePaths, isBookkeeping, isDocument } from './work/paths.ts';
export { type RequestFacts, requestFactsOf } from './work/requests.ts';
