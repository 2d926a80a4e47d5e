/** Kinds of files that a person may hand over: for the pickers, and for the system, which opens them with the installed page or shares them with it. */

/** Media type to endings. What begins with `image/x-` is no registered type: microscopes' files have none, and systems know these by their endings. */
export const imageKinds: Record<string, readonly string[]> = {
  'image/png': ['.png'],
  'image/jpeg': ['.jpg', '.jpeg'],
  'image/tiff': ['.tif', '.tiff', '.btf', '.tf8'],
  'image/bmp': ['.bmp'],
  'image/gif': ['.gif'],
  'image/webp': ['.webp'],
  'image/jp2': ['.jp2'],
  'image/x-jp2-codestream': ['.j2k'],
  'image/jxl': ['.jxl'],
  'application/dicom': ['.dcm', '.dicom'],
  'image/x-czi': ['.czi'],
  'image/x-nd2': ['.nd2'],
  'image/x-lif': ['.lif'],
  'image/x-lsm': ['.lsm'],
  'image/x-stk': ['.stk'],
  'image/x-svs': ['.svs'],
  'image/x-ndpi': ['.ndpi'],
  'image/x-scn': ['.scn'],
  'image/x-ome': ['.ome'],
  'image/x-ozx': ['.ozx'],
};

/** What the picker of images takes; a ZIP may be an OME-Zarr. */
export const imageEndings: readonly string[] = [...Object.values(imageKinds).flat(), '.zip'];
