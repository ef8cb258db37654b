// Messages and stack traces of failures go through the codec too. CommonJS, because the SDK loads this file by require().
const { DefaultFailureConverter } = require('@temporalio/common');

exports.failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
