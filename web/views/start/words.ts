/** The words of the first screen. */
export const words = {
  heading: 'Drop microscope images of cells and see the type of each, how sure the model is, and where it looked.',
  drop: 'Drop images or a folder here',
  press: 'or press to choose files',
  choose: 'Choose images',
  formats: {
    cells: 'PNG, JPEG, TIFF, CZI, ND2, LIF, DICOM, OME\u2011Zarr and more, one cell in each image',
    fields: 'PNG, JPEG, TIFF, CZI, ND2, LIF, DICOM, OME\u2011Zarr and more, whole fields of view with many cells',
  },
  modes: {
    cells: 'Each image is taken for one cell and named as a whole.',
    fields: 'Cells are found in each image, then named one by one.',
  },
  chooseFolder: 'Choose a folder',
  photo: 'Take a photo',
  camera: 'Use a camera',
  paste: 'You can also paste an image.',
  checkReport: 'Check a report',
  model: 'Model in use',
  teach: 'Other cells? Teach it your own.',
  privacy: 'Your images stay on this computer.',
  samples: {
    named: (type: string, percent: string) => `${type}, ${percent}`,
    unsure: (type: string, percent: string) => `Unsure: ${percent} ${type}`,
    other: 'Of no type',
    add: 'Try simulated samples',
    addField: 'Try a simulated field',
    inField: (cells: number) => `One image with ${cells} drawn cells`,
    note: 'Drawn cells, no patient’s; each result says what it was drawn as.',
    noteOf: (cells: number) => `${cells} drawn cells, no patient’s. Their right half shows where the model looked.`,
  },
};
