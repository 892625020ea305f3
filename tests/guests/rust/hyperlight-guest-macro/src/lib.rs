//! Stands in for the macros of upstream's guest library.

use proc_macro::{Delimiter, TokenStream, TokenTree};

/// Registers a function under the name in the attribute when the guest starts.
#[proc_macro_attribute]
pub fn guest_function(name: TokenStream, item: TokenStream) -> TokenStream {
    let tokens: Vec<TokenTree> = item.clone().into_iter().collect();
    let start = tokens.iter().position(|token| token.to_string() == "fn").expect("a function");
    let function = &tokens[start + 1];
    let parameters = tokens.iter().find_map(|token| match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => Some(group.stream()),
        _ => None,
    });
    let count = parameters.expect("parameters").into_iter().filter(|token| token.to_string() == ":").count();
    let arguments: Vec<String> = (0..count).map(|index| format!("call.int({index})")).collect();
    let code = format!(
        "extern \"C\" fn call_{function}(call: &::hyperlight_guest_bin::FunctionCall) -> *mut ::core::ffi::c_void {{
            ::hyperlight_guest_bin::result({function}({}))
        }}

        #[unsafe(no_mangle)]
        extern \"C\" fn hyperlight_main() {{
            ::hyperlight_guest_bin::register::<{count}>(concat!({name}, \"\\0\"), call_{function});
        }}",
        arguments.join(", "));
    item.into_iter().chain(code.parse::<TokenStream>().expect("code")).collect()
}
