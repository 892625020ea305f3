//! Stands in for upstream's guest library, with the functions of the guest kit. A guest has one function with parameters of type `i32`.
#![no_std]

use core::ffi::{c_char, c_void};
use core::panic::PanicInfo;

pub use hyperlight_guest_macro::guest_function;

/// `hl_FunctionCall` of the kit.
#[repr(C)]
pub struct FunctionCall {
    name: *const c_char,
    parameters: *const Parameter,
    count: usize,
    result: u32,
}

/// `hl_Parameter` of the kit.
#[repr(C)]
struct Parameter {
    kind: u32,
    value: [u64; 2],
}

pub type Function = extern "C" fn(&FunctionCall) -> *mut c_void;

// hl_ParameterType_Int and hl_ReturnType_Int.
const INT: u32 = 0;

unsafe extern "C" {
    fn hl_register_function_definition(name: *const c_char, function: Function, count: usize, kinds: *const u32, result: u32);
    fn hl_flatbuffer_result_from_Int(value: i32) -> *mut c_void;
    fn hl_abort_with_code_and_message(code: i32, message: *const c_char) -> !;
}

impl FunctionCall {
    pub fn int(&self, index: usize) -> i32 {
        // The kit has checked the number of parameters and their types.
        unsafe { (*self.parameters.add(index)).value[0] as i32 }
    }
}

pub fn result(value: i32) -> *mut c_void {
    unsafe { hl_flatbuffer_result_from_Int(value) }
}

/// Registers a function. The name ends with a zero.
pub fn register<const COUNT: usize>(name: &'static str, function: Function) {
    unsafe { hl_register_function_definition(name.as_ptr().cast(), function, COUNT, [INT; COUNT].as_ptr(), INT) }
}

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    unsafe { hl_abort_with_code_and_message(1, c"the guest panicked".as_ptr()) }
}
