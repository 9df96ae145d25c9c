/** The English names of the months in order, in lower case. */
export const monthNames = 'january february march april may june july august september october november december'.split(
  ' ',
);
