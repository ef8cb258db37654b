/** good: all is well. bad: it is not. warn: somebody should look. live: it goes on. quiet: nothing to look at. */
export type Tone = 'good' | 'bad' | 'warn' | 'live' | 'quiet';
