/**
 * Settings under which a dump neither gives up by itself nor shows only what a policy lets through, and under which the same rows are
 * the same text on every server, whatever its own zone and formats are.
 */
export const sessionOptions =
  '-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0 -c row_security=off -c datestyle=ISO -c timezone=UTC -c bytea_output=hex -c intervalstyle=postgres -c extra_float_digits=3 -c synchronize_seqscans=off';
