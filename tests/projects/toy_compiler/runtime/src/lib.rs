//! What compiled programs call.

#[no_mangle]
pub extern "C" fn toy_print(number: i64) {
    println!("{number}");
}

#[no_mangle]
pub extern "C" fn toy_exit(status: i64) {
    std::process::exit(status as i32);
}

#[no_mangle]
pub extern "C" fn toy_floordiv(left: i64, right: i64) -> i64 {
    let quotient = left / right;
    if (left % right != 0) && ((left < 0) != (right < 0)) { quotient - 1 } else { quotient }
}

#[no_mangle]
pub extern "C" fn toy_mod(left: i64, right: i64) -> i64 {
    left - right * toy_floordiv(left, right)
}
