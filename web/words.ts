/** What the service worker says where it cannot answer: a person reads it in place of a file that was opened by its address. */
export const words = {
  noFile: 'This is no file of the page.',
  notKept: 'This file is not kept on this computer yet and needs the network once.',
  status: (status: number) => `The server answered with status ${status}.`,
  otherVersion: 'The server has another version of this file than this page knows.',
};
